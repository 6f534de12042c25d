/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "closure_parts.h"
#include "elf.h"
#include "err.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VARIANTS "lib/glibc-hwcaps"

static struct object *find_library(const struct closure *closure, const char *name)
{
	const struct link *link = closure_find_link(closure, "lib", name);

	return objects_find(&closure->libraries, link ? link->target : name);
}

/* In lib/glibc-hwcaps/LEVEL, where the tree's loader looks first on a processor that has the level. */
static int add_variant(struct closure *closure, const struct object *library, const char *path,
	const char *variant, struct err *err)
{
	cleanup_object struct object *object = NULL;
	cleanup_free char *place =
		util_printf(VARIANTS "/%.*s%s", (int)(names_base(variant) - variant), variant, library->name);
	cleanup_free char *source =
		util_printf("%.*sglibc-hwcaps/%s", (int)(names_base(path) - path), path, variant);
	cleanup_free char *directory = NULL;
	const struct object *added;
	int rc;

	if (!place || !source)
		return err_errno(err, ENOMEM, "%s", path);
	rc = object_read(closure->sources.root, source, library->name, library, &object, err);
	if (rc < 0)
		return err_prefix(err, "%s", source);
	directory = strndup(place, (size_t)(names_base(place) - place) - 1);
	if (!directory)
		return err_errno(err, ENOMEM, "%s", path);
	added = object;
	rc = closure_add_object(&closure->plugins, &object, directory, library->name, err);
	return rc == 0 ? closure_add_needed(closure, added, err) : rc;
}

static int add_variants(
	struct closure *closure, const struct object *library, const char *path, struct err *err)
{
	cleanup_names struct names variants = {0};
	int rc = search_variants(&closure->search, path, &variants);

	if (rc < 0)
		return err_errno(err, -rc, "%s", path);
	for (size_t i = 0; rc == 0 && i < variants.count; i++)
		rc = add_variant(closure, library, path, variants.item[i], err);
	return rc;
}

/* Under its soname; NEEDED becomes a link where it is another name. */
static int add_file(struct closure *closure, const struct object *from, const char *needed, const char *path,
	struct err *err)
{
	cleanup_object struct object *object = NULL;
	cleanup_free char *link = util_printf("lib/%s", needed);
	const struct object *have, *library;
	const char *name;
	int rc = link ? object_read(closure->sources.root, path, needed, from, &object, err) : -ENOMEM;

	if (rc < 0)
		return err_prefix(err, "%s, needed by %s", path, from->source);
	name = object->elf.soname && names_is_plain(object->elf.soname) ? object->elf.soname : needed;
	have = find_library(closure, name);
	if (have)
		rc = closure_check_same(closure, have, path, name, from->source, err);
	if (rc == 0 && strcmp(name, needed) != 0)
		rc = closure_add_link(closure, link, name, err);
	if (rc < 0 || have)
		return rc;
	free(object->name);
	object->name = strdup(name);
	if (!object->name)
		return err_errno(err, ENOMEM, "%s", name);
	library = object;
	rc = closure_add_object(&closure->libraries, &object, "lib", name, err);
	return rc == 0 ? add_variants(closure, library, path, err) : rc;
}

/* musl's loader is its C library, and takes every "libc.*" for itself. */
static bool is_loader(const struct closure *closure, const char *needed)
{
	return strcmp(needed, closure->loader) == 0 || (closure->musl && strncmp(needed, "libc.", 5) == 0);
}

static int add_one(struct closure *closure, const struct object *from, const char *needed, bool optional,
	struct err *err)
{
	cleanup_free char *path = NULL;
	const struct object *have;
	int rc;

	if (run_cancelled(closure->sources.cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (!names_is_plain(needed))
		return err_set(err, EINVAL,
			"%s needs the library '%s' by a path: it would be the container's", from->source,
			needed);
	if (!closure->loader)
		return err_set(err, EINVAL, "%s needs libraries, but no loader: not a program of its own",
			from->source);
	if (is_loader(closure, needed))
		return 0;
	rc = search_library(&closure->search, &from->from, needed, &path, err);
	if (rc == -ENOENT)
		return optional ? rc
				: err_set(err, ENOENT,
					  "library %s, needed by %s, is not found: install its package",
					  needed, from->source);
	if (rc < 0)
		return rc;
	have = find_library(closure, needed);
	return have ? closure_check_same(closure, have, path, needed, from->source, err)
		    : add_file(closure, from, needed, path, err);
}

/* FIRST: the libraries from there on are new, and what they need is still to come. */
static int add_rest(struct closure *closure, size_t first, struct err *err)
{
	for (size_t next = first; next < closure->libraries.count; next++) {
		const struct object *library = closure->libraries.item[next];

		for (size_t i = 0; i < library->elf.needed.count; i++) {
			int rc = add_one(closure, library, library->elf.needed.item[i], false, err);

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

int closure_add_needed(struct closure *closure, const struct object *object, struct err *err)
{
	size_t first = closure->libraries.count;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < object->elf.needed.count; i++)
		rc = add_one(closure, object, object->elf.needed.item[i], false, err);
	return rc == 0 ? add_rest(closure, first, err) : rc;
}

int closure_add_library(struct closure *closure, const struct object *object, const char *needed,
	bool optional, struct err *err)
{
	size_t first = closure->libraries.count;
	int rc = add_one(closure, object, needed, optional, err);

	return rc == 0 ? add_rest(closure, first, err) : rc;
}

static int set_loader(struct closure *closure, const struct object *tool, struct err *err)
{
	const struct closure_sources *sources = &closure->sources;
	cleanup_object struct object *object = NULL;
	const char *path = tool->elf.interpreter, *name = names_base(path);
	int rc;

	if (path[0] != '/' || !names_is_plain(name))
		return err_set(err, EINVAL, "its loader is not a full path: '%s'", path);
	rc = object_read(sources->root, path, name, tool, &object, err);
	if (rc < 0)
		return err_prefix(err, "its loader %s", path);
	if (object->elf.arch != closure->arch)
		return err_set(err, ENOEXEC, "its loader %s is for another processor", path);
	closure->musl = strncmp(name, "ld-musl-", 8) == 0;
	rc = search_init(
		&closure->search, sources->root, closure->arch, closure->musl, "/etc/ld.so.conf", err);
	if (rc < 0)
		return rc;
	closure->loader = strdup(name);
	if (!closure->loader)
		return err_errno(err, ENOMEM, "%s", name);
	return closure_add_object(&closure->libraries, &object, "lib", name, err);
}

int closure_check_loader(struct closure *closure, const struct object *object, struct err *err)
{
	const char *name = names_base(object->elf.interpreter);

	if (!closure->loader)
		return set_loader(closure, object, err);
	if (strcmp(name, closure->loader) != 0)
		return err_set(err, EINVAL, "uses the loader %s, and tools before it %s: build two trees",
			name, closure->loader);
	return closure_check_same(closure, objects_find(&closure->libraries, name), object->elf.interpreter,
		name, object->source, err);
}
