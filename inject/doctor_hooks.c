/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a hooks directory, as an engine reads them: one that it does not like stops every container's start. */
#include "bounds.h"
#include "doctor.h"

#include "io.h"
#include "path.h"
#include "registration.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* One engine's look at one file of a directory. */
struct look {
	struct doctor *doctor;
	const char *engine, *directory;
	bool has_precreate;
	const doctor_path *later; /* directories whose files count instead of those of the same name here */
	size_t later_count;
};

static const char install[] = "install the hook and its registration anew: make install";

static int is_json(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static void stage_names(unsigned int stages, char *text, size_t size)
{
	const char *name;
	size_t used = 0;

	*text = '\0';
	for (unsigned int i = 0; (name = registration_stage_name(i)); i++)
		if ((stages & (1U << i)) && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", name);
}

int doctor_check_program(const char *path, struct err *err)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
		return err_set(err, EACCES, "%s: no file that can be executed", path);
	return path_check_trusted(fd, path, err);
}

static void say_ours(const struct look *look, const char *file, const struct registration *registration)
{
	struct err err = {0};
	char stages[128];

	if (!*look->doctor->hook)
		snprintf(look->doctor->hook, sizeof(look->doctor->hook), "%s", registration->path);
	stage_names(registration->stages, stages, sizeof(stages));
	if (doctor_check_program(registration->path, &err) < 0)
		doctor_say(look->doctor, DOCTOR_ERROR, look->engine, install,
			"%s/%s names a hook that is not called, or not to be: %s", look->directory, file,
			err.text);
	else if (registration->has_timeout)
		doctor_say(look->doctor, DOCTOR_WARNING, look->engine,
			"take hook.timeout out of that file: the hook ends by itself, and the container "
			"starts",
			"%s/%s: where a hook has a timeout, crun can miss its end, and then starts no "
			"container",
			look->directory, file);
	else
		doctor_say(look->doctor, DOCTOR_OK, look->engine, NULL, "%s/%s: the hook %s, at %s",
			look->directory, file, registration->path, stages);
}

static bool is_masked(const struct look *look, const char *file)
{
	for (size_t i = 0; i < look->later_count; i++) {
		char path[sizeof(doctor_path) + 260];

		snprintf(path, sizeof(path), "%s/%s", look->later[i], file);
		if (access(path, F_OK) == 0 && strcmp(look->later[i], look->directory) != 0) {
			doctor_say(look->doctor, DOCTOR_WARNING, look->engine,
				"give one of them another name", "%s/%s does not count: %s has the same name",
				look->directory, file, path);
			return true;
		}
	}
	return false;
}

/* Returns the stages at which it has our hook. */
static unsigned int look_at(const struct look *look, int directory, const char *file)
{
	cleanup_registration struct registration registration = REGISTRATION_NONE;
	cleanup_free char *text = NULL;
	struct err err = {0};
	char link[320];
	size_t length;

	/* By a link a file of another directory may be registered: engines follow it. */
	snprintf(link, sizeof(link), "/proc/self/fd/%d/%s", directory, file);
	cleanup_free char *path = realpath(link, NULL);

	if (!path)
		err_errno(&err, errno, "open");
	else if (io_read_file(AT_FDCWD, path, REGISTRATION_SIZE_LIMIT, &text, &length, &err) == 0)
		registration_parse(text, length, look->has_precreate, &registration, &err);
	if (err.number) {
		doctor_say(look->doctor, DOCTOR_ERROR, look->engine,
			"mend or remove that file: meanwhile this engine starts no container at all",
			"%s/%s: %s", look->directory, file, err.text);
		return 0;
	}
	if (!registration.is_ours || is_masked(look, file))
		return 0;
	say_ours(look, file, &registration);
	return registration.stages;
}

static unsigned int look_in(const struct look *look)
{
	cleanup_fd int directory = open(look->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **list = NULL;
	unsigned int stages = 0;
	struct err err = {0};
	int count;

	if (directory < 0)
		return 0;
	if (path_check_trusted(directory, look->directory, &err) < 0)
		doctor_say(look->doctor, DOCTOR_ERROR, look->engine,
			"whoever writes there is root: chown and chmod it (root, 0755)", "%s", err.text);
	count = io_scan(directory, &list, is_json);
	for (int i = 0; i < count; i++) {
		if (i < DOCTOR_FILE_LIMIT)
			stages |= look_at(look, directory, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return stages;
}

static void say_stages(struct doctor *doctor, const char *engine, unsigned int stages)
{
	if (!(stages & REGISTRATION_POSTSTART))
		doctor_say(doctor, DOCTOR_WARNING, engine, install,
			"without the stage poststart, containers of crun lose the tie to the host");
	if (!(stages & REGISTRATION_POSTSTOP))
		doctor_say(doctor, DOCTOR_WARNING, engine, install,
			"without the stage poststop, what there is of a container stays when it ends");
}

void doctor_hooks(struct doctor *doctor, const struct doctor_directories *directories)
{
	const char *engine = directories->engine;
	size_t count = directories->count;
	unsigned int stages = 0;

	for (size_t i = 0; i < count; i++) {
		const struct look look = {.doctor = doctor,
			.engine = engine,
			.directory = directories->list[i],
			.has_precreate = directories->has_precreate,
			.later = directories->list + i + 1,
			.later_count = count - i - 1};

		stages |= look_in(&look);
	}
	if (stages)
		say_stages(doctor, engine, stages);
	else if (!directories->has_wrapper)
		doctor_say(doctor, DOCTOR_ERROR, engine, directories->remedy,
			"it finds no registration of ours: it looks in %s%s%s",
			count ? directories->list[0] : "no directory",
			count > 1 ? " and in others, the last " : "",
			count > 1 ? directories->list[count - 1] : "");
}
