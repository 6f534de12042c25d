/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool is_script(int fd)
{
	char head[2];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && head[0] == '#' && head[1] == '!';
}

static int read_content(int fd, struct object *object, struct err *err)
{
	int rc;

	if (fstat(fd, &object->stat) < 0)
		return err_errno(err, errno, "stat");
	if (!S_ISREG(object->stat.st_mode))
		return err_set(err, ENOEXEC, "not a regular file");
	rc = elf_read(fd, &object->elf, err);
	if (rc == -ENOEXEC && is_script(fd))
		return err_set(err, ENOEXEC, "a script: scripts are not packed yet, only ELF programs are");
	return rc;
}

int object_read(
	const char *path, const char *name, const struct object *parent, struct object **ret, struct err *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_object struct object *object = calloc(1, sizeof(*object));
	const char *found;
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "open %s", path);
	if (!object)
		return err_errno(err, ENOMEM, "%s", path);
	rc = read_content(fd, object, err);
	if (rc < 0)
		return rc;
	object->source = realpath(path, NULL);
	if (!object->source)
		return err_errno(err, errno, "%s", path);
	found = parent ? path : object->source;
	object->name = strdup(name);
	object->origin = strndup(found, (size_t)(names_base(found) - found));
	if (!object->name || !object->origin)
		return err_errno(err, ENOMEM, "%s", path);
	object->from = (struct search_from){
		object->origin, object->elf.rpath, object->elf.runpath, parent ? &parent->from : NULL};
	*ret = TAKE_PTR(object);
	return 0;
}

void object_free(struct object **object)
{
	if (!*object)
		return;
	free_keep_errno(&(*object)->name);
	free_keep_errno(&(*object)->source);
	free_keep_errno(&(*object)->origin);
	elf_info_free(&(*object)->elf);
	free_keep_errno(object);
}

bool object_is_static(const struct object *object)
{
	return !object->elf.interpreter && object->elf.needed.count == 0;
}

int objects_add(struct objects *objects, struct object *object)
{
	struct object **bigger = reallocarray(objects->item, objects->count + 1, sizeof(struct object *));

	if (!bigger)
		return -ENOMEM;
	objects->item = bigger;
	objects->item[objects->count++] = object;
	return 0;
}

struct object *objects_find(const struct objects *objects, const char *name)
{
	for (size_t i = 0; i < objects->count; i++)
		if (strcmp(objects->item[i]->name, name) == 0)
			return objects->item[i];
	return NULL;
}

static int by_name(const void *left, const void *right)
{
	return strcmp((*(struct object *const *)left)->name, (*(struct object *const *)right)->name);
}

void objects_sort(struct objects *objects)
{
	if (objects->count)
		qsort(objects->item, objects->count, sizeof(struct object *), by_name);
}

void objects_free(struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		object_free(&objects->item[i]);
	free_keep_errno(&objects->item);
	objects->count = 0;
}

/* Sets *RET_PATH if one of DIRECTORIES has it. Relative ones are passed by: what root packs never
 * depends on where it is run. */
static int look_on(const char *directories, const char *name, char **ret_path)
{
	while (directories && !*ret_path) {
		const char *end = strchrnul(directories, ':');
		cleanup_free char *path = util_printf("%.*s/%s", (int)(end - directories), directories, name);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (path[0] == '/' && end != directories && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
			st.st_mode & 0111)
			*ret_path = TAKE_PTR(path);
		directories = *end ? end + 1 : NULL;
	}
	return 0;
}

int object_locate(const char *name, const char *path, char **ret_path, struct err *err)
{
	/* Many tools are in directories that are not on the PATH of who is not root. */
	static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	cleanup_free char *found = NULL;
	int rc;

	if (strchr(name, '/')) {
		found = strdup(name);
		rc = found ? 0 : -ENOMEM;
	} else {
		rc = look_on(path, name, &found);
		if (rc == 0)
			rc = look_on(usual, name, &found);
	}
	if (rc < 0)
		return err_errno(err, -rc, "look for it");
	if (!found)
		return err_set(err, ENOENT, "not found on PATH: install it or give its path");
	*ret_path = TAKE_PTR(found);
	return 0;
}
