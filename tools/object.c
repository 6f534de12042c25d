/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object.h"

#include "err.h"
#include "recipe.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The kernel reads 256 bytes of a script's first line (BINPRM_BUF_SIZE, since 5.1). */
enum { SHEBANG_LIMIT = 256 };

static int read_shebang(int fd, struct object *object, struct err *err)
{
	char head[SHEBANG_LIMIT];
	ssize_t got = pread(fd, head, sizeof(head), 0);
	const char *end =
		got > 2 && head[0] == '#' && head[1] == '!' ? memchr(head, '\n', (size_t)got) : NULL;

	if (!end)
		return err_set(
			err, ENOEXEC, "neither an ELF program nor a script that names its interpreter");
	object->shebang_length = (size_t)(end - head);
	object->shebang = strndup(head, object->shebang_length);
	return object->shebang ? 0 : err_errno(err, ENOMEM, "read its first line");
}

static int read_content(int fd, struct object *object, bool program, struct err *err)
{
	struct err elf_err = {0};
	int rc;

	if (fstat(fd, &object->stat) < 0)
		return err_errno(err, errno, "stat");
	if (!S_ISREG(object->stat.st_mode))
		return err_set(err, ENOEXEC, "not a regular file");
	if (object->stat.st_size > OBJECT_SIZE_LIMIT)
		return err_set(err, EFBIG, "larger than %d bytes", OBJECT_SIZE_LIMIT);
	rc = elf_read(fd, &object->elf, &elf_err);
	if (rc == -ENOEXEC && program && !elf_has_magic(fd))
		rc = read_shebang(fd, object, err);
	else if (rc < 0)
		*err = elf_err;
	if (rc < 0)
		return rc;
	rc = hash_file(fd, object->stat.st_size, object->hash);
	return rc < 0 ? err_errno(err, -rc, "read") : 0;
}

int object_read(const struct root *root, const char *path, const char *name, const struct object *parent,
	struct object **ret, struct err *err)
{
	cleanup_fd int fd = root_open_file(root, path, O_RDONLY);
	cleanup_object struct object *object = calloc(1, sizeof(*object));
	const char *found;
	int rc;

	if (fd < 0)
		/* cppcheck-suppress memleak ; the attribute cleanup frees it */
		return err_errno(err, -fd, "open %s", path);
	if (!object)
		return err_errno(err, ENOMEM, "%s", path);
	rc = read_content(fd, object, !parent, err);
	if (rc < 0)
		return rc;
	rc = root_real(root, path, &object->source);
	if (rc < 0)
		return err_errno(err, -rc, "%s", path);
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
	free_keep_errno(&(*object)->place);
	free_keep_errno(&(*object)->shebang);
	free_keep_errno(&(*object)->package);
	free_keep_errno(&(*object)->package_version);
	free_keep_errno(&(*object)->source);
	free_keep_errno(&(*object)->origin);
	elf_info_free(&(*object)->elf);
	free_keep_errno(object);
}

bool object_is_static(const struct object *object)
{
	return !object->shebang && !object->elf.interpreter && object->elf.needed.count == 0;
}

bool object_is_script(const struct object *object)
{
	return object->shebang;
}

bool object_is_wrapped(const struct object *object)
{
	const struct recipe *recipe = object->recipe;

	return recipe && (recipe->launcher || recipe->arguments.count || recipe->environment.count);
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

static int by_place(const void *left, const void *right)
{
	return strcmp((*(struct object *const *)left)->place, (*(struct object *const *)right)->place);
}

void objects_sort(struct objects *objects)
{
	if (objects->count)
		qsort(objects->item, objects->count, sizeof(struct object *), by_place);
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
static int look_on(const struct root *root, const char *directories, const char *name, char **ret_path)
{
	while (directories && !*ret_path) {
		const char *end = strchrnul(directories, ':');
		cleanup_free char *path = util_printf("%.*s/%s", (int)(end - directories), directories, name);
		struct stat st;

		if (!path)
			return -ENOMEM;
		if (path[0] == '/' && end != directories && root_stat(root, path, &st) == 0 &&
			S_ISREG(st.st_mode) && st.st_mode & 0111)
			*ret_path = TAKE_PTR(path);
		directories = *end ? end + 1 : NULL;
	}
	return 0;
}

int object_locate(
	const struct root *root, const char *name, const char *path, char **ret_path, struct err *err)
{
	/* Many tools are in directories that are not on the PATH of who is not root. */
	static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	cleanup_free char *found = NULL;
	int rc;

	if (name[0] == '/') {
		found = strdup(name);
		rc = found ? 0 : -ENOMEM;
	} else {
		rc = look_on(root, path, name, &found);
		if (rc == 0)
			rc = look_on(root, usual, name, &found);
	}
	if (rc < 0)
		return err_errno(err, -rc, "look for it");
	if (!found)
		return -ENOENT;
	*ret_path = TAKE_PTR(found);
	return 0;
}
