/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines that are installed here, and whether each of them would call us; by their configuration files alone. */
#include "doctor.h"

#include "engine_settings.h"
#include "io.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define HOOKS_DIRECTORY "/usr/share/containers/oci/hooks.d"

bool doctor_find_program(const char *name, char *ret, size_t size)
{
	static const char *const places[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(ret, size, "%s/%s", places[i], name);
		if (stat(ret, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR))
			return true;
	}
	return false;
}

static bool is_installed(const char *name)
{
	char path[128];

	return doctor_find_program(name, path, sizeof(path));
}

/* What is sought in an engine's files, a later file over an earlier one. */
struct sought {
	struct doctor *doctor;
	struct doctor_directories directories;
	const char *table, *key; /* of the list of hooks directories */
	bool is_set;             /* by any file */
	char runtime[1024];      /* the path of one that is our wrapper */
	bool has_nri;
};

static void see_runtime(struct sought *sought, const char *path)
{
	if (doctor_is_wrapper(path))
		snprintf(sought->runtime, sizeof(sought->runtime), "%s", path);
}

static void see_directory(const struct engine_setting *value, void *context)
{
	struct sought *sought = context;
	struct doctor_directories *directories = &sought->directories;

	if (strcmp(value->key, "runtime_path") == 0) /* CRI-O's */
		see_runtime(sought, value->text);
	if (strcmp(value->key, sought->key) != 0 || strcmp(value->table, sought->table) != 0)
		return;
	if (value->index == 0)
		directories->count = 0;
	sought->is_set = true;
	if (*value->text && directories->count < DOCTOR_DIRECTORY_LIMIT)
		snprintf(directories->list[directories->count++], sizeof(doctor_path), "%s", value->text);
}

static void read_configuration(struct sought *sought, const char *file,
	void (*see)(const struct engine_setting *value, void *context))
{
	cleanup_free char *text = NULL, *path = realpath(file, NULL);
	struct err err = {0};
	size_t length, line;

	if (!path)
		return;
	if (io_read_file(AT_FDCWD, path, ENGINE_SETTINGS_SIZE_LIMIT, &text, &length, &err) < 0)
		doctor_say(sought->doctor, DOCTOR_ERROR, sought->directories.engine, NULL, "%s: %s", file,
			err.text);
	else if (!engine_settings_each(text, length, see, sought, &line))
		doctor_say(sought->doctor, DOCTOR_ERROR, sought->directories.engine,
			"the engine does not take it either", "%s: line %zu is no TOML", file, line);
}

static int is_conf(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_directory(struct sought *sought, const char *path, const char *suffix)
{
	cleanup_fd int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **list = NULL;
	int count = directory < 0 ? 0 : io_scan(directory, &list, is_conf);

	for (int i = 0; i < count; i++) {
		size_t length = strlen(list[i]->d_name), tail = strlen(suffix);
		char file[1024];

		snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name);
		if (length >= tail && strcmp(list[i]->d_name + length - tail, suffix) == 0)
			read_configuration(sought, file, see_directory);
		free(list[i]);
	}
	free(list);
}

static void look_in_directories(struct sought *sought)
{
	if (!sought->is_set) {
		snprintf(sought->directories.list[0], sizeof(doctor_path), "%s", HOOKS_DIRECTORY);
		sought->directories.count = 1;
	}
	doctor_hooks(sought->doctor, &sought->directories);
}

static void doctor_podman(struct doctor *doctor)
{
	struct sought sought = {.doctor = doctor,
		.table = "engine",
		.key = "hooks_dir",
		.directories = {.engine = "podman",
			.has_precreate = true,
			.remedy = "add the directory of " REGISTRATION
				  " to hooks_dir in containers.conf, see oci-crashcart(7)"}};
	const char *own = getenv("CONTAINERS_CONF"); /* as podman does: that file alone */

	if (own && *own) {
		read_configuration(&sought, own, see_directory);
	} else {
		read_configuration(&sought, "/usr/share/containers/containers.conf", see_directory);
		read_configuration(&sought, "/etc/containers/containers.conf", see_directory);
		read_directory(&sought, "/etc/containers/containers.conf.d", ".conf");
	}
	look_in_directories(&sought);
}

static void doctor_crio(struct doctor *doctor)
{
	struct sought sought = {.doctor = doctor,
		.table = "crio.runtime",
		.key = "hooks_dir",
		.directories = {.engine = "CRI-O",
			.remedy = "add the directory of " REGISTRATION
				  " to hooks_dir below /etc/crio/crio.conf.d, see oci-crashcart(7)"}};

	read_configuration(&sought, "/etc/crio/crio.conf", see_directory);
	read_directory(&sought, "/etc/crio/crio.conf.d", "");
	sought.directories.has_wrapper = *sought.runtime;
	if (*sought.runtime && doctor_wrapper(doctor, "CRI-O", sought.runtime))
		doctor_say(doctor, DOCTOR_OK, "CRI-O", NULL, "%s is one of its runtimes", sought.runtime);
	look_in_directories(&sought);
}

void doctor_engines(struct doctor *doctor)
{
	static const char *const programs[] = {"podman", "crio", "dockerd", "containerd"};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		any |= is_installed(programs[i]);
	if (!any)
		doctor_say(doctor, DOCTOR_WARNING, "engines", NULL,
			"none of podman, CRI-O, docker and containerd is installed where programs are");
	if (is_installed("podman"))
		doctor_podman(doctor);
	if (is_installed("crio"))
		doctor_crio(doctor);
}

static void see_containerd(const struct engine_setting *value, void *context)
{
	struct sought *sought = context;

	if (strcmp(value->key, "BinaryName") == 0)
		see_runtime(sought, value->text);
	if (strcmp(value->key, "disable") == 0 && strstr(value->table, "io.containerd.nri.v1.nri"))
		sought->has_nri = strcmp(value->text, "false") == 0;
}

void doctor_containerd(struct doctor *doctor)
{
	struct sought sought = {.doctor = doctor, .directories = {.engine = "containerd"}};

	if (!is_installed("containerd"))
		return;
	read_configuration(&sought, "/etc/containerd/config.toml", see_containerd);
	if (*sought.runtime && doctor_wrapper(doctor, "containerd", sought.runtime))
		doctor_say(doctor, DOCTOR_OK, "containerd", NULL,
			"%s is the BinaryName of a runtime in /etc/containerd/config.toml", sought.runtime);
	else if (!*sought.runtime && sought.has_nri)
		doctor_say(doctor, DOCTOR_OK, "containerd", NULL,
			"NRI is on: its plugin hook-injector, if it runs, reads " HOOKS_DIRECTORY);
	else if (!*sought.runtime)
		doctor_say(doctor, DOCTOR_WARNING, "containerd",
			"see oci-crashcart(7); without it, dbg-inject moves the tools into running "
			"containers",
			"no runtime in /etc/containerd/config.toml has " DOCTOR_WRAPPER
			" as its BinaryName, and NRI is not turned on there: its containers start without "
			"the mount");
}
