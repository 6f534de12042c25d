/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache_inputs.h"

#include "build.h"
#include "err.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_LIMIT = 4 };

/* ldconfig writes the cache anew whenever libraries come or go. */
static const char *const loader_files[] = {"/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"};

static int add(struct names *inputs, const char *path, struct err *err)
{
	if (inputs->count >= INPUTS_LIMIT)
		return err_set(err, E2BIG, "too many files to be looked at again each time");
	return names_add(inputs, path) < 0 ? err_errno(err, ENOMEM, "%s", path) : 0;
}

static int add_list(struct names *inputs, const struct names *paths, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < paths->count; i++)
		rc = add(inputs, paths->item[i], err);
	return rc;
}

static int add_loader_files(struct names *inputs, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(loader_files); i++)
		rc = add(inputs, loader_files[i], err);
	return rc;
}

static bool is_in(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/' &&
	       !strchr(path + length + 1, '/');
}

/*
 * What is added to a directory of data changes the directory. Sources are in the order of their places in the tree, and so
 * one directory's are mostly beside each other.
 */
static int add_directories(struct names *inputs, const struct names *data, struct err *err)
{
	size_t last = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < data->count; i++) {
		const char *path = data->item[i];
		size_t length = (size_t)(names_base(path) - path);
		cleanup_free char *directory = length > 1 ? strndup(path, length - 1) : NULL;

		if (!directory || (last && is_in(path, inputs->item[last])))
			continue;
		last = inputs->count;
		rc = add(inputs, directory, err);
	}
	return rc;
}

/* The directory PATH and all that is in it: a recipe that is written later changes the directory. */
static int add_below(struct names *inputs, const char *path, int depth, struct err *err)
{
	struct dirent **entries = NULL;
	cleanup_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = add(inputs, path, err), count = fd < 0 ? 0 : io_scan(fd, &entries, NULL);

	for (int i = 0; i < count; i++) {
		const struct dirent *entry = entries[i];
		bool other = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
		cleanup_free char *below = util_printf("%s/%s", path, entry->d_name);

		if (rc == 0 && !below)
			rc = err_errno(err, ENOMEM, "%s", path);
		else if (rc == 0 && other)
			rc = entry->d_type == DT_DIR && depth < DEPTH_LIMIT
				     ? add_below(inputs, below, depth + 1, err)
				     : add(inputs, below, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int add_recipes(struct names *inputs, const char *directories, struct err *err)
{
	int rc = 0;

	while (rc == 0 && directories) {
		const char *end = strchrnul(directories, ':');
		cleanup_free char *directory = strndup(directories, (size_t)(end - directories));

		if (!directory)
			return err_errno(err, ENOMEM, "recipes");
		if (*directory)
			rc = add_below(inputs, directory, 0, err);
		directories = *end ? end + 1 : NULL;
	}
	return rc;
}

/* An update of this program without a new number, as when it is worked on. */
static int add_self(struct names *inputs, struct err *err)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		return 0;
	self[length] = '\0';
	return add(inputs, self, err);
}

int inputs_of(const struct build_sources *sources, const char *recipes, struct names *ret, struct err *err)
{
	int rc = add_list(ret, &sources->programs, err);

	if (rc == 0)
		rc = add_list(ret, &sources->data, err);
	if (rc == 0)
		rc = add_directories(ret, &sources->data, err);
	if (rc == 0)
		rc = add_loader_files(ret, err);
	if (rc == 0)
		rc = add_self(ret, err);
	return rc == 0 ? add_recipes(ret, recipes, err) : rc;
}
