/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a recipe: copied as they are, but for shared objects and programs among them, which bring their libraries. */
#include "closure_parts.h"
#include "err.h"
#include "recipe.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>

enum { DEPTH_LIMIT = 32 };

struct walk {
	struct closure *closure;
	const struct recipe *recipe;
	const struct root *root;
	size_t place_length; /* of the place that the walk began at: what follows is what excludes are for */
};

static int add_path(
	const struct walk *walk, const char *source, const char *place, int depth, struct err *err);

static bool is_excluded(const struct walk *walk, const char *place)
{
	const struct names *excludes = &walk->recipe->excludes;
	const char *below = place + walk->place_length + 1;

	for (size_t i = 0; i < excludes->count; i++)
		if (fnmatch(excludes->item[i], below, 0) == 0 ||
			fnmatch(excludes->item[i], names_base(place), 0) == 0)
			return true;
	return false;
}

static int add_entries(const struct walk *walk, DIR *directory, const char *source, const char *place,
	int depth, struct err *err)
{
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && (errno = 0, entry = readdir(directory))) {
		cleanup_free char *from = NULL, *to = NULL;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		from = util_printf("%s/%s", source, entry->d_name);
		to = util_printf("%s/%s", place, entry->d_name);
		if (!from || !to)
			return err_errno(err, ENOMEM, "%s", source);
		if (!is_excluded(walk, to))
			rc = add_path(walk, from, to, depth + 1, err);
	}
	return rc == 0 && errno ? err_errno(err, errno, "read %s", source) : rc;
}

static int add_directory(
	const struct walk *walk, const char *source, const char *place, int depth, struct err *err)
{
	DIR *directory;
	int rc;

	if (depth > DEPTH_LIMIT)
		return err_set(err, ELOOP, "%s: more than %d directories deep", source, DEPTH_LIMIT);
	directory = root_open_directory(walk->root, source);
	if (!directory)
		return err_errno(err, errno, "open %s", source);
	rc = add_entries(walk, directory, source, place, depth, err);
	closedir(directory);
	return rc;
}

/* A shared object or dynamic program for this processor: *RET is set. */
static int read_object(const struct walk *walk, const char *source, struct object **ret, struct err *err)
{
	cleanup_object struct object *object = NULL;
	cleanup_fd int fd = root_open_file(walk->root, source, O_RDONLY);
	struct err object_err = {0};
	int rc;

	if (fd < 0)
		return err_errno(err, -fd, "open %s", source);
	if (!elf_has_magic(fd))
		return 0;
	rc = object_read(walk->root, source, names_base(source), NULL, &object, &object_err);
	if (rc == -ENOEXEC) /* an object file or a core: data */
		return 0;
	if (rc < 0)
		return err_set(err, -rc, "%s: %s", source, object_err.text);
	if (object->elf.arch == walk->closure->arch && !object_is_static(object))
		*ret = TAKE_PTR(object);
	return 0;
}

static int add_file(const struct walk *walk, const char *source, const struct stat *st, const char *place,
	struct err *err)
{
	struct files *files = &walk->closure->files;
	struct file file = {.root = walk->root, .stat = *st}, *bigger;
	cleanup_fd int fd = root_open_file(walk->root, source, O_RDONLY);
	char head[2] = "";
	int rc;

	if (st->st_size > OBJECT_SIZE_LIMIT)
		return err_set(err, EFBIG, "%s: larger than %d bytes", source, OBJECT_SIZE_LIMIT);
	rc = fd < 0 ? fd : hash_file(fd, st->st_size, file.hash);
	if (rc < 0)
		return err_errno(err, -rc, "read %s", source);
	/* A module that could be run as well: by the container's interpreter, which its first line names. */
	if (pread(fd, head, sizeof(head), 0) == sizeof(head) && memcmp(head, "#!", sizeof(head)) == 0)
		file.stat.st_mode &= ~(mode_t)0111;
	if (files->count == CLOSURE_FILE_LIMIT)
		return err_set(err, E2BIG, "%s: more than %d files", source, CLOSURE_FILE_LIMIT);
	if ((files->count & 255) == 0) {
		bigger = reallocarray(files->item, files->count + 256, sizeof(file));
		if (!bigger)
			return err_errno(err, ENOMEM, "%s", source);
		files->item = bigger;
	}
	rc = root_real(walk->root, source, &file.source);
	if (rc < 0)
		return err_errno(err, -rc, "%s", source);
	file.place = strdup(place);
	files->item[files->count++] = file;
	return file.place ? 0 : err_errno(err, ENOMEM, "%s", source);
}

static int add_regular(const struct walk *walk, const char *source, const struct stat *st, const char *place,
	struct err *err)
{
	cleanup_object struct object *object = NULL;
	cleanup_free char *directory = strndup(place, (size_t)(names_base(place) - place) - 1);
	const struct object *added;
	int rc = directory ? read_object(walk, source, &object, err) : err_errno(err, ENOMEM, "%s", source);

	if (rc < 0)
		return rc;
	if (!object)
		return add_file(walk, source, st, place, err);
	added = object;
	rc = closure_add_object(&walk->closure->plugins, &object, directory, names_base(place), err);
	return rc == 0 ? closure_add_needed(walk->closure, added, err) : rc;
}

/* Symbolic links are followed, within the root: a tree has the files themselves. What leads nowhere is passed by, as are
 * devices and the like. */
static int add_path(
	const struct walk *walk, const char *source, const char *place, int depth, struct err *err)
{
	struct stat st;
	int rc;

	if (run_cancelled(walk->closure->sources.cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (walk->closure->walked++ >= CLOSURE_WALK_LIMIT)
		return err_set(
			err, E2BIG, "%s: more than %d files and directories", source, CLOSURE_WALK_LIMIT);
	rc = root_stat(walk->root, source, &st);
	if (rc < 0)
		return rc == -ENOENT || rc == -ELOOP ? 0 : err_errno(err, -rc, "%s", source);
	if (S_ISDIR(st.st_mode))
		return add_directory(walk, source, place, depth, err);
	return S_ISREG(st.st_mode) ? add_regular(walk, source, &st, place, err) : 0;
}

/* TARGET with a "/" at its end, or empty: SOURCE keeps its name there. */
static int add_match(struct walk *walk, const char *source, const char *target, struct err *err)
{
	bool into = !target[0] || target[strlen(target) - 1] == '/';
	cleanup_free char *place = util_printf("%s%s", target, into ? names_base(source) : "");

	if (!place)
		return err_errno(err, ENOMEM, "%s", source);
	walk->place_length = strlen(place);
	return add_path(walk, source, place, 0, err);
}

static char *expand_source(const struct closure *closure, const char *source)
{
	static const char variable[] = "$MULTIARCH";
	const char *found = strstr(source, variable);

	if (!found)
		return strdup(source);
	return util_printf("%.*s%s%s", (int)(found - source), source,
		closure->arch ? closure->arch->multiarch : "", found + strlen(variable));
}

static int add_matches(
	struct walk *walk, const struct recipe_data *data, const char *pattern, struct err *err)
{
	glob_t found = {0};
	int rc = root_glob(walk->root, pattern, &found, err);

	if (rc == -ENOENT)
		rc = data->optional ? 0
				    : err_set(err, ENOENT, "%s is not there: install its package", pattern);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = add_match(walk, found.gl_pathv[i], data->target, err);
	globfree(&found);
	return rc;
}

static int add_one(
	struct closure *closure, const struct recipe *recipe, const struct recipe_data *data, struct err *err)
{
	bool own = data->source[0] != '/';
	struct walk walk = {.closure = closure,
		.recipe = recipe,
		.root = own ? closure->sources.host : closure->sources.root};
	cleanup_free char *directory = own ? realpath(recipe->directory, NULL) : NULL;
	cleanup_free char *source = expand_source(closure, data->source);
	cleanup_free char *pattern = NULL;

	if (own && !directory)
		return err_errno(err, errno, "%s", recipe->directory);
	pattern = source ? util_printf("%s%s%s", own ? directory : "", own ? "/" : "", source) : NULL;
	return pattern ? add_matches(&walk, data, pattern, err) : err_errno(err, ENOMEM, "%s", data->source);
}

int closure_add_data(struct closure *closure, const struct recipe *recipe, struct err *err)
{
	for (size_t i = 0; i < recipe->data_count; i++)
		if (add_one(closure, recipe, &recipe->data[i], err) < 0)
			return err_prefix(err, "recipe %s", recipe->name);
	return 0;
}
