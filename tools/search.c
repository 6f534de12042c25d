/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "search.h"

#include "elf.h"
#include "err.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct variable {
	const char *name;
	const char *value;
};

/* The length of NAME at TEXT ("NAME" or "{NAME}"), 0 where it is not that. As glibc's is_dst: no letter may follow. */
static size_t variable_length(const char *text, size_t room, const char *name)
{
	bool braces = room && *text == '{';
	size_t length = strlen(name), total = length + (braces ? 2 : 0);
	char after;

	if (room < total || memcmp(text + (braces ? 1 : 0), name, length) != 0)
		return 0;
	if (braces)
		return text[length + 1] == '}' ? total : 0;
	after = room > total ? text[total] : '\0';
	return (after >= 'A' && after <= 'Z') || (after >= 'a' && after <= 'z') || after == '_' ? 0 : total;
}

static const char *find_variable(
	const char *text, size_t room, const struct variable *variables, size_t *ret_length)
{
	for (; variables->name; variables++) {
		*ret_length = variable_length(text, room, variables->name);
		if (*ret_length)
			return variables->value;
	}
	return NULL;
}

char *search_expand(
	const char *text, size_t length, const char *origin, const char *lib, const char *platform)
{
	const struct variable variables[] = {
		{"ORIGIN", origin}, {"LIB", lib}, {"PLATFORM", platform}, {NULL, NULL}};
	char out[PATH_MAX];
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t taken = 0;
		const char *value = text[i] == '$'
					    ? find_variable(text + i + 1, length - i - 1, variables, &taken)
					    : NULL;
		size_t size = value ? strlen(value) : 1;

		if ((text[i] == '$' && !value) || size >= sizeof(out) - used)
			return NULL;
		memcpy(out + used, value ? value : text + i, size);
		used += size;
		i += taken + 1;
	}
	out[used] = '\0';
	return strdup(out);
}

/* Sets *RET_PATH if DIRECTORY has the library; leaves it null if not. A relative directory would be
 * our caller's own: passed by. */
static int try_directory(struct search *search, const char *directory, const char *needed, char **ret_path)
{
	cleanup_free char *path = NULL;
	cleanup_fd int fd = FD_NONE;

	if (directory[0] != '/')
		return 0;
	if (search->tried++ >= SEARCH_TRY_LIMIT)
		return -E2BIG;
	path = util_printf("%s/%s", directory, needed);
	if (!path)
		return -ENOMEM;
	fd = root_open_file(search->root, path, O_RDONLY);
	if (fd >= 0 && elf_is_for(fd, search->arch))
		*ret_path = TAKE_PTR(path);
	return 0;
}

/* One element of an RPATH. $LIB is "lib" or "lib64" by the distribution that built the loader; all
 * of them are tried. */
static int try_element(struct search *search, const char *origin, const char *element, size_t length,
	const char *needed, char **ret_path)
{
	const char *const libs[] = {search->arch->multiarch, "lib64", "lib"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && !*ret_path && i < ARRAY_SIZE(libs); i++) {
		char lib[64];
		cleanup_free char *directory = NULL;

		snprintf(lib, sizeof(lib), "%s%s", i == 0 ? "lib/" : "", libs[i]);
		directory = search_expand(element, length, origin, lib, search->arch->name);
		if (directory)
			rc = try_directory(search, directory, needed, ret_path);
	}
	return rc;
}

static int try_path(
	struct search *search, const char *origin, const char *path, const char *needed, char **ret_path)
{
	int rc = 0;

	while (path && rc == 0 && !*ret_path) {
		const char *end = strchrnul(path, ':');

		rc = try_element(search, origin, path, (size_t)(end - path), needed, ret_path);
		path = *end ? end + 1 : NULL;
	}
	return rc;
}

/* RPATHs of the object and of those above it, unless the object has a RUNPATH: then that alone. */
static int try_objects(
	struct search *search, const struct search_from *from, const char *needed, char **ret_path)
{
	int rc = 0;

	if (from->runpath)
		return try_path(search, from->origin, from->runpath, needed, ret_path);
	for (; from && rc == 0 && !*ret_path; from = from->parent)
		if (!from->runpath)
			rc = try_path(search, from->origin, from->rpath, needed, ret_path);
	return rc;
}

int search_library(struct search *search, const struct search_from *from, const char *needed, char **ret_path,
	struct err *err)
{
	cleanup_free char *found = NULL;
	int rc = try_objects(search, from, needed, &found);

	for (size_t i = 0; rc == 0 && !found && i < search->directories.count; i++)
		rc = try_directory(search, search->directories.item[i], needed, &found);
	if (rc == -E2BIG)
		return err_set(
			err, E2BIG, "library %s: looked for in too many places: RPATHs are too long", needed);
	if (rc < 0)
		return err_errno(err, -rc, "%s", needed);
	if (!found)
		return -ENOENT;
	*ret_path = TAKE_PTR(found);
	return 0;
}

static int add_variant(const struct search *search, const char *path, const char *level, struct names *ret)
{
	const char *name = names_base(path);
	cleanup_free char *file =
		util_printf("%.*sglibc-hwcaps/%s/%s", (int)(name - path), path, level, name);
	cleanup_free char *variant = util_printf("%s/%s", level, name);
	cleanup_fd int fd = file ? root_open_file(search->root, file, O_RDONLY) : FD_NONE;

	if (!file || !variant)
		return -ENOMEM;
	return fd >= 0 && elf_is_for(fd, search->arch) ? names_add(ret, variant) : 0;
}

int search_variants(const struct search *search, const char *path, struct names *ret)
{
	cleanup_free char *directory = util_printf("%.*sglibc-hwcaps", (int)(names_base(path) - path), path);
	DIR *levels = directory ? root_open_directory(search->root, directory) : NULL;
	struct dirent *entry;
	int rc = directory ? 0 : -ENOMEM;

	while (levels && rc == 0 && ret->count < SEARCH_VARIANT_LIMIT && (entry = readdir(levels)))
		if (entry->d_name[0] != '.')
			rc = add_variant(search, path, entry->d_name, ret);
	if (levels)
		closedir(levels);
	return rc;
}

void search_free(struct search *search)
{
	names_free(&search->directories);
}
