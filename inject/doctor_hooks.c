/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a hooks directory, as an engine reads them: one that it does not like stops every container's start. */
#include "doctor.h"

#include "io.h"
#include "path.h"
#include "registration.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 1000 };

/* One engine's look at one file of a directory. */
struct look {
	struct doctor *doctor;
	const char *engine, *directory;
	bool has_precreate;
};

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

/* Root runs it: nobody else may write to it. */
static int check_program(const char *path, struct err *err)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
		return err_set(err, EACCES, "%s: no file that can be executed", path);
	return path_check_trusted(fd, path, err);
}

static const char *check_stages(unsigned int stages)
{
	if (!(stages & (REGISTRATION_PRESTART | REGISTRATION_CREATE_RUNTIME | REGISTRATION_POSTSTART)))
		return stages & REGISTRATION_PRECREATE ? NULL
						       : "no stage at which a container gets its mount";
	if (!(stages & REGISTRATION_POSTSTART))
		return "without the stage poststart, crun's containers lose the tie to the host";
	return stages & REGISTRATION_POSTSTOP
		       ? NULL
		       : "without the stage poststop, what there is of a container stays when it ends";
}

static void say_ours(const struct look *look, const char *file, const struct registration *registration)
{
	static const char remedy[] = "install the hook and its registration anew: make install";
	const char *wrong = check_stages(registration->stages);
	struct err err = {0};
	char stages[128];

	if (!*look->doctor->hook)
		snprintf(look->doctor->hook, sizeof(look->doctor->hook), "%s", registration->path);
	stage_names(registration->stages, stages, sizeof(stages));
	if (check_program(registration->path, &err) < 0)
		doctor_say(look->doctor, DOCTOR_ERROR, look->engine, remedy,
			"%s/%s names a hook that is not called, or not to be: %s", look->directory, file,
			err.text);
	else if (wrong)
		doctor_say(look->doctor, DOCTOR_WARNING, look->engine, remedy, "%s/%s: %s", look->directory,
			file, wrong);
	else
		doctor_say(look->doctor, DOCTOR_OK, look->engine, NULL, "%s/%s: the hook %s, at %s",
			look->directory, file, registration->path, stages);
}

static bool look_at(const struct look *look, int directory, const char *file)
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
		return false;
	}
	if (registration.is_ours)
		say_ours(look, file, &registration);
	return registration.is_ours;
}

bool doctor_hooks(struct doctor *doctor, const char *engine, const char *path, bool has_precreate)
{
	const struct look look = {doctor, engine, path, has_precreate};
	cleanup_fd int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **list = NULL;
	struct err err = {0};
	bool found = false;
	int count;

	if (directory < 0)
		return false;
	if (path_check_trusted(directory, path, &err) < 0)
		doctor_say(doctor, DOCTOR_ERROR, engine,
			"whoever writes there is root: chown and chmod it (root, 0755)", "%s", err.text);
	count = io_scan(directory, &list, is_json);
	for (int i = 0; i < count; i++) {
		if (i < FILE_LIMIT)
			found |= look_at(&look, directory, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return found;
}
