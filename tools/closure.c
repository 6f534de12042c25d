/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "closure.h"

#include "elf.h"
#include "err.h"
#include "names.h"
#include "shim.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int add_link(struct closure *closure, const char *directory, const char *name, const char *target)
{
	struct links *links = &closure->links;
	struct link *bigger = reallocarray(links->item, links->count + 1, sizeof(*bigger));
	struct link *link;

	if (!bigger)
		return -ENOMEM;
	links->item = bigger;
	link = &bigger[links->count++];
	link->name = util_printf("%s/%s", directory, name);
	link->target = strdup(target);
	return link->name && link->target ? 0 : -ENOMEM;
}

static const struct link *find_link(const struct closure *closure, const char *directory, const char *name)
{
	size_t length = strlen(directory);

	for (size_t i = 0; i < closure->links.count; i++) {
		const struct link *link = &closure->links.item[i];

		if (strncmp(link->name, directory, length) == 0 && link->name[length] == '/' &&
			strcmp(link->name + length + 1, name) == 0)
			return link;
	}
	return NULL;
}

/* Takes *OBJECT over. */
static int add_object(struct objects *objects, struct object **object, size_t limit, struct err *err)
{
	if (objects->count == limit)
		return err_set(err, E2BIG, "more than %zu files of one kind", limit);
	if (objects_add(objects, *object) < 0)
		return err_errno(err, ENOMEM, "%s", (*object)->source);
	*object = NULL;
	return 0;
}

static struct object *find_library(const struct closure *closure, const char *name)
{
	const struct link *link = find_link(closure, "lib", name);

	return objects_find(&closure->libraries, link ? link->target : name);
}

/* The file PATH is to be NAME: right if it is HAVE already, an error if it is another. */
static int check_same(const struct object *have, const char *path, const char *name,
	const struct object *from, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (st.st_dev == have->stat.st_dev && st.st_ino == have->stat.st_ino)
		return 0;
	return err_set(err, EEXIST, "two different files are %s: %s, and %s for %s: build two trees", name,
		have->source, path, from->source);
}

/* Under its soname; NEEDED becomes a link where it is another name. */
static int add_file(struct closure *closure, const struct object *from, const char *needed, const char *path,
	struct err *err)
{
	cleanup_object struct object *object = NULL;
	const struct object *have;
	const char *name;
	int rc = object_read(path, needed, from, &object, err);

	if (rc < 0)
		return err_prefix(err, "%s, needed by %s", path, from->source);
	name = object->elf.soname && names_is_plain(object->elf.soname) ? object->elf.soname : needed;
	have = find_library(closure, name);
	if (have)
		rc = check_same(have, path, name, from, err);
	if (rc == 0 && strcmp(name, needed) != 0 && add_link(closure, "lib", needed, name) < 0)
		rc = err_errno(err, ENOMEM, "%s", needed);
	if (rc < 0 || have)
		return rc;
	free(object->name);
	object->name = strdup(name);
	if (!object->name)
		return err_errno(err, ENOMEM, "%s", name);
	return add_object(&closure->libraries, &object, CLOSURE_LIBRARY_LIMIT, err);
}

static int add_library(
	struct closure *closure, const struct object *from, const char *needed, struct err *err)
{
	cleanup_free char *path = NULL;
	const struct object *have;
	int rc;

	if (!names_is_plain(needed))
		return err_set(err, EINVAL,
			"%s needs the library '%s' by a path: it would be the container's", from->source,
			needed);
	/* musl's loader is its C library, and takes every "libc.*" for itself. */
	if (strcmp(needed, closure->loader) == 0 || (closure->musl && strncmp(needed, "libc.", 5) == 0))
		return 0;
	rc = search_library(&closure->search, &from->from, needed, &path, err);
	if (rc == -ENOENT)
		return err_set(err, ENOENT, "library %s, needed by %s, is not found: install its package",
			needed, from->source);
	if (rc < 0)
		return rc;
	have = find_library(closure, needed);
	return have ? check_same(have, path, needed, from, err) : add_file(closure, from, needed, path, err);
}

/* FIRST: the libraries from there on are new, and what they need is still to come. */
static int add_needed(struct closure *closure, const struct object *object, size_t first, struct err *err)
{
	for (size_t next = first;; next++) {
		for (size_t i = 0; object && i < object->elf.needed.count; i++) {
			int rc = add_library(closure, object, object->elf.needed.item[i], err);

			if (rc < 0)
				return rc;
		}
		if (next == closure->libraries.count)
			return 0;
		object = closure->libraries.item[next];
	}
}

static int set_loader(struct closure *closure, const struct object *tool, struct err *err)
{
	cleanup_object struct object *object = NULL;
	const char *path = tool->elf.interpreter, *name = names_base(path);
	int rc;

	if (path[0] != '/' || !names_is_plain(name))
		return err_set(err, EINVAL, "its loader is not a full path: '%s'", path);
	rc = object_read(path, name, tool, &object, err);
	if (rc < 0)
		return err_prefix(err, "its loader %s", path);
	if (object->elf.arch != closure->arch)
		return err_set(err, ENOEXEC, "its loader %s is for another processor", path);
	closure->musl = strncmp(name, "ld-musl-", 8) == 0;
	rc = search_init(&closure->search, closure->arch, closure->musl, "/etc/ld.so.conf", err);
	if (rc < 0)
		return rc;
	closure->loader = strdup(name);
	if (!closure->loader)
		return err_errno(err, ENOMEM, "%s", name);
	return add_object(&closure->libraries, &object, CLOSURE_LIBRARY_LIMIT, err);
}

static int check_loader(struct closure *closure, const struct object *tool, struct err *err)
{
	const char *name = names_base(tool->elf.interpreter);

	if (!closure->loader)
		return set_loader(closure, tool, err);
	if (strcmp(name, closure->loader) != 0)
		return err_set(err, EINVAL, "uses the loader %s, and tools before it %s: build two trees",
			name, closure->loader);
	return check_same(objects_find(&closure->libraries, name), tool->elf.interpreter, name, tool, err);
}

static int check_tool(struct closure *closure, const struct object *tool, struct err *err)
{
	const struct elf_arch *arch = tool->elf.arch;

	if (!closure->arch)
		closure->arch = elf_native();
	if (!arch || arch != closure->arch)
		return err_set(err, ENOEXEC, "wrong architecture: it is for %s, this machine is %s",
			arch ? arch->name : "a processor that is not known here",
			closure->arch ? closure->arch->name : "not known");
	if (!tool->elf.interpreter && tool->elf.needed.count)
		return err_set(err, ENOEXEC, "a shared library, not a program");
	return object_is_static(tool) ? 0 : check_loader(closure, tool, err);
}

static int add_tool(struct closure *closure, const char *name, const char *path, struct err *err)
{
	cleanup_object struct object *object = NULL;
	const struct object *tool = closure_tool(closure, name);
	size_t first = closure->libraries.count;
	int rc = object_read(path, name, NULL, &object, err);

	if (rc == 0 && tool)
		return check_same(tool, path, name, object, err);
	if (rc == 0)
		rc = check_tool(closure, object, err);
	tool = object;
	if (rc == 0 && shim_is_wanted(name) && !object_is_static(tool))
		closure->shim = true;
	if (rc == 0)
		rc = add_object(&closure->tools, &object, CLOSURE_TOOL_LIMIT, err);
	return rc == 0 ? add_needed(closure, tool, first, err) : rc;
}

int closure_add_tool(struct closure *closure, const char *name, const char *path, struct err *err)
{
	cleanup_free char *found = NULL;
	int rc;

	if (!names_is_plain(names_base(name)))
		return err_set(err, EINVAL, "not the name of a program");
	rc = object_locate(name, path, &found, err);
	return rc == 0 ? add_tool(closure, names_base(name), found, err) : rc;
}

/*
 * What glibc opens by itself: name services, in libc.so.6 since 2.34 and files of their own before,
 * and the unwinder, without which a thread that is cancelled aborts the program.
 */
static int add_opened(struct closure *closure, struct err *err)
{
	static const char *const opened[] = {"libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2"};
	const struct object *libc = objects_find(&closure->libraries, "libc.so.6");

	for (size_t i = 0; libc && i < ARRAY_SIZE(opened); i++) {
		size_t first = closure->libraries.count;
		cleanup_free char *path = NULL;
		int rc = search_library(&closure->search, &libc->from, opened[i], &path, err);

		if (rc == -ENOENT)
			continue;
		if (rc == 0)
			rc = add_library(closure, libc, opened[i], err);
		if (rc == 0)
			rc = add_needed(closure, NULL, first, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_shells(struct closure *closure, const struct names *applets)
{
	const struct object *busybox = closure_tool(closure, "busybox");
	int rc = 0;

	for (size_t i = 0; busybox && rc == 0 && i < applets->count; i++)
		if (!closure_tool(closure, applets->item[i]) && !find_link(closure, "bin", applets->item[i]))
			rc = add_link(closure, "bin", applets->item[i], "busybox");
	if (rc == 0 && closure_tool(closure, "bash") && !closure_tool(closure, "sh") &&
		!find_link(closure, "bin", "sh"))
		rc = add_link(closure, "bin", "sh", "bash");
	return rc;
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct link *)left)->name, ((const struct link *)right)->name);
}

int closure_finish(struct closure *closure, const struct names *applets, struct err *err)
{
	int rc = add_opened(closure, err);

	if (rc < 0)
		return rc;
	if (add_shells(closure, applets) < 0)
		return err_errno(err, ENOMEM, "applets");
	objects_sort(&closure->tools);
	objects_sort(&closure->libraries);
	if (closure->links.count)
		qsort(closure->links.item, closure->links.count, sizeof(struct link), by_name);
	return 0;
}

const struct object *closure_tool(const struct closure *closure, const char *name)
{
	return objects_find(&closure->tools, name);
}

void closure_free(struct closure *closure)
{
	for (size_t i = 0; i < closure->links.count; i++) {
		free_keep_errno(&closure->links.item[i].name);
		free_keep_errno(&closure->links.item[i].target);
	}
	free_keep_errno(&closure->links.item);
	objects_free(&closure->tools);
	objects_free(&closure->libraries);
	search_free(&closure->search);
	free_keep_errno(&closure->loader);
}
