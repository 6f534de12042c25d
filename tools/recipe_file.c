/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recipe_file.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "recipe.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* A part of a list of directories. */
struct part {
	const char *text;
	int length;
};

/* The next of DIRECTORIES, which is moved on; an empty one is passed by. False: no more. */
static bool next_part(const char **directories, struct part *ret)
{
	ret->text = *directories + strspn(*directories, ":");
	*directories = strchrnul(ret->text, ':');
	ret->length = (int)(*directories - ret->text);
	return ret->length > 0;
}

/* The directory that PATH is in. Who can write there can put any file of root's in its place. */
static int check_directory(const char *path, struct err *err)
{
	cleanup_free char *directory = strndup(path, (size_t)(names_base(path) - path));
	cleanup_fd int fd = FD_NONE;

	if (!directory)
		return err_errno(err, ENOMEM, "%s", path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "open %s", directory);
	return path_check_trusted(fd, directory, err);
}

static int read_text(int fd, const char *path, char **ret, struct err *err)
{
	cleanup_free char *text = NULL;
	struct stat st;
	size_t length;

	if (path_check_trusted(fd, path, err) < 0)
		return -err->number;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (io_read_all(fd, RECIPE_SIZE_LIMIT, &text, &length, err) < 0)
		return err_prefix(err, "%s", path);
	if (strlen(text) != length)
		return err_set(err, EINVAL, "%s: a NUL byte in a text", path);
	*ret = TAKE_PTR(text);
	return 0;
}

/* Returns 0, -errno, or 1: DIRECTORY does not have it. */
static int read_in(const struct part *directory, const char *name, struct recipe_file *ret, struct err *err)
{
	cleanup_recipe_file struct recipe_file file = RECIPE_FILE_NONE;
	cleanup_fd int fd = FD_NONE;
	int rc;

	file.directory = strndup(directory->text, (size_t)directory->length);
	file.path = util_printf("%.*s/%s", directory->length, directory->text, name);
	if (!file.directory || !file.path)
		return err_errno(err, ENOMEM, "%s", name);
	fd = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : err_errno(err, errno, "open %s", file.path);
	rc = check_directory(file.path, err);
	if (rc == 0)
		rc = read_text(fd, file.path, &file.text, err);
	if (rc < 0)
		return rc;
	*ret = file;
	file = RECIPE_FILE_NONE;
	return 0;
}

int recipe_file_read(const char *directories, const char *path, struct recipe_file *ret, struct err *err)
{
	struct part directory;

	while (next_part(&directories, &directory)) {
		int rc = read_in(&directory, path, ret, err);

		if (rc <= 0)
			return rc;
	}
	return -ENOENT;
}

void recipe_file_free(struct recipe_file *file)
{
	free_keep_errno(&file->directory);
	free_keep_errno(&file->path);
	free_keep_errno(&file->text);
}

/* A name that a recipe or preset can have: no hidden files, no editors' copies. */
static size_t stem(const char *name, const char *suffix)
{
	size_t length = strlen(name), tail = strlen(suffix);

	if (name[0] == '.' || length <= tail || strcmp(name + length - tail, suffix) != 0 ||
		name[length - 1] == '~')
		return 0;
	return length - tail;
}

static int list_in(const char *directory, const char *suffix, struct names *ret, struct err *err)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	int rc = 0;

	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, errno, "open %s", directory);
	while (rc == 0 && (entry = readdir(stream))) {
		size_t length = stem(entry->d_name, suffix);

		if (length && entry->d_type != DT_DIR)
			rc = names_add_part(ret, entry->d_name, length);
	}
	closedir(stream);
	return rc < 0 ? err_errno(err, -rc, "read %s", directory) : 0;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort_once(struct names *names)
{
	size_t kept = 0;

	if (names->count)
		qsort(names->item, names->count, sizeof(*names->item), by_name);
	for (size_t i = 0; i < names->count; i++) {
		if (kept && strcmp(names->item[kept - 1], names->item[i]) == 0)
			free(names->item[i]);
		else
			names->item[kept++] = names->item[i];
	}
	names->count = kept;
}

int recipe_file_list(const char *directories, const char *subdirectory, const char *suffix, struct names *ret,
	struct err *err)
{
	struct part directory;
	int rc = 0;

	while (rc == 0 && next_part(&directories, &directory)) {
		cleanup_free char *path =
			util_printf("%.*s/%s", directory.length, directory.text, subdirectory);

		rc = path ? list_in(path, suffix, ret, err) : err_errno(err, ENOMEM, "list recipes");
	}
	sort_once(ret);
	return rc;
}

char *recipe_trim(char *text)
{
	static const char blanks[] = " \t\r";
	size_t length;

	text += strspn(text, blanks);
	length = strlen(text);
	while (length && strchr(blanks, text[length - 1]))
		text[--length] = '\0';
	return text;
}

int recipe_name_set(struct recipe_name *ret, const char *word)
{
	size_t length = strlen(word);

	ret->optional = length && word[length - 1] == '?';
	ret->name = strndup(word, length - ret->optional);
	return ret->name ? 0 : -ENOMEM;
}

void *recipe_append(void *list, size_t *count, size_t size)
{
	char *old, *items;

	memcpy(&old, list, sizeof(old));
	items = reallocarray(old, *count + 1, size);
	if (!items)
		return NULL;
	memcpy(list, &items, sizeof(items));
	return memset(items + (*count)++ * size, 0, size);
}
