/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_places.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "ns.h"
#include "path.h"
#include "trusted.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void conf_parser(const char *text, size_t length, struct engine_places *places);

static const struct {
	enum engine_place_kind kind;
	const char *path;
} usual[] = {
	{PLACE_RUNTIME, "/run/crun"},
	{PLACE_RUNTIME, "/run/runc"},
	{PLACE_RUNTIMES, "/run/docker/runtime-runc"},
	{PLACE_RUNTIMES, "/run/containerd/runc"},
	{PLACE_DOCKER, "/var/lib/docker"},
	{PLACE_STORAGE, "/var/lib/containers/storage"},
	{PLACE_STORAGE, "/run/containers/storage"},
	/* Canonical's snap of docker, which is in a mount namespace of its own. */
	{PLACE_RUNTIMES, "/run/snap.docker/runtime-runc"},
	{PLACE_DOCKER, "/var/snap/docker/common/var-lib-docker"},
};

/* Where two files of one engine name different places, both are looked at: containers may be of before the change. */
static const struct {
	const char *path;
	conf_parser *parse;
} files[] = {
	{"/etc/docker/daemon.json", engine_conf_docker},
	{"/usr/share/containers/storage.conf", engine_conf_storage},
	{"/etc/containers/storage.conf", engine_conf_storage},
	{"/etc/containerd/config.toml", engine_conf_containerd},
	{"/etc/crio/crio.conf", engine_conf_crio},
};

/* What is there and not believed may be so after a change of a directory above it. */
static void read_configuration(
	int root, const char *path, conf_parser *parse, struct engine_places *places, struct sources *sources)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	sources_add(sources, path);
	rc = trusted_read(root, path, ENGINE_CONF_SIZE_LIMIT, &text, &length, ERR_IGNORED);
	if (rc == 0)
		parse(text, length, places);
	else if (rc != -ENOENT)
		sources_doubt(sources);
}

static void read_directory(
	int root, const char *path, conf_parser *parse, struct engine_places *places, struct sources *sources)
{
	cleanup_fd int fd = FD_NONE;
	DIR *stream;
	struct dirent *entry;

	sources_add(sources, path);
	fd = trusted_open(root, path, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	stream = fd < 0 ? NULL : io_open_stream(fd, ".");
	if (!stream) {
		if (fd != -ENOENT)
			sources_doubt(sources);
		return;
	}
	for (int i = 0; i < ENGINE_DROP_IN_LIMIT && (entry = readdir(stream)); i++) {
		bool is_hidden = entry->d_name[0] == '.';
		cleanup_free char *file = is_hidden ? NULL : util_printf("%s/%s", path, entry->d_name);

		if (file)
			read_configuration(root, file, parse, places, sources);
		else if (!is_hidden)
			sources_doubt(sources);
	}
	closedir(stream);
}

void engine_places_configured(int root, struct engine_places *places, struct sources *sources)
{
	sources_add(sources, ENGINE_SHIMS);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		engine_places_add(places, usual[i].kind, usual[i].path);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		read_configuration(root, files[i].path, files[i].parse, places, sources);
	read_directory(root, "/etc/crio/crio.conf.d", engine_conf_crio, places, sources);
}

/*
 * By its program: one call for each process of the host. Its own name would not do: anybody may have a link of that name to
 * sudo, say, which becomes root for good, and waits for a password.
 */
static bool is_daemon(int directory, const char *link)
{
	char path[PATH_MAX] = "", *name;

	if (readlinkat(directory, link, path, sizeof(path) - 1) <= 0 || !(name = strrchr(path, '/')))
		return false;
	name[strcspn(name, " ")] = '\0'; /* " (deleted)": by an upgrade */
	return strcmp(name, "/dockerd") == 0 || strcmp(name, "/crio") == 0;
}

/* Real, effective, saved: all root's. A program that is set-uid has words of anybody's. */
static bool is_roots(int process)
{
	cleanup_free char *text = NULL;

	return io_read_file(process, "status", ENGINE_STATUS_SIZE_LIMIT, &text, NULL, ERR_IGNORED) == 0 &&
	       strstr(text, "\nUid:\t0\t0\t0\t0\n");
}

/*
 * Anybody may call himself dockerd: what a process of another user or mount namespace says leads nowhere. Its command
 * line is not even read, since that can be made to wait for ever (a page of a file system in user space).
 */
static bool is_ours(int process)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self >= 0 && is_daemon(process, "exe") && is_roots(process) &&
	       ns_is_same(self, process, CLONE_NEWNS) && ns_is_same(self, process, CLONE_NEWUSER);
}

static void read_arguments(int root, int process, struct engine_places *places, struct sources *sources)
{
	cleanup_free char *text = NULL;
	const char *file = NULL;
	size_t length;

	if (!is_ours(process) ||
		io_read_file(process, "cmdline", ENGINE_CONF_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0)
		return;
	engine_conf_arguments(text, length, places, &file);
	if (file && file[0] == '/')
		read_configuration(root, file, engine_conf_docker, places, sources);
}

void engine_places_running(int root, struct engine_places *places, struct sources *sources)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;

	if (!processes)
		return;
	while ((entry = readdir(processes))) {
		cleanup_fd int process = FD_NONE;
		char link[300];

		snprintf(link, sizeof(link), "%s/exe", entry->d_name);
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || !is_daemon(dirfd(processes), link))
			continue;
		process = openat(dirfd(processes), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (process >= 0)
			read_arguments(root, process, places, sources);
	}
	closedir(processes);
}

size_t engine_places_shims(int root)
{
	cleanup_fd int fd = path_open_in_root(root, ENGINE_SHIMS, O_RDONLY | O_DIRECTORY);
	DIR *stream = fd < 0 ? NULL : io_open_stream(fd, ".");
	struct dirent *entry;
	size_t count = 0;

	if (!stream)
		return fd == -ENOENT ? 0 : SIZE_MAX;
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}
