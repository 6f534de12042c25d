/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "closure.h"

#include "closure_parts.h"
#include "elf.h"
#include "err.h"
#include "recipe.h"
#include "shim.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int closure_add_link(struct closure *closure, const char *name, const char *target, struct err *err)
{
	struct links *links = &closure->links;
	struct link *bigger;

	if (links->count == CLOSURE_LINK_LIMIT)
		return err_set(err, E2BIG, "more than %d links", CLOSURE_LINK_LIMIT);
	bigger = reallocarray(links->item, links->count + 1, sizeof(*bigger));
	if (!bigger)
		return err_errno(err, ENOMEM, "%s", name);
	links->item = bigger;
	bigger[links->count] = (struct link){strdup(name), strdup(target)};
	links->count++;
	return bigger[links->count - 1].name && bigger[links->count - 1].target
		       ? 0
		       : err_errno(err, ENOMEM, "%s", name);
}

const struct link *closure_find_link(const struct closure *closure, const char *directory, const char *name)
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

int closure_add_object(struct objects *objects, struct object **object, const char *directory,
	const char *name, struct err *err)
{
	if (objects->count == CLOSURE_OBJECT_LIMIT)
		return err_set(err, E2BIG, "more than %d files of one kind", CLOSURE_OBJECT_LIMIT);
	(*object)->place = util_printf("%s/%s", directory, name);
	if (!(*object)->place || objects_add(objects, *object) < 0)
		return err_errno(err, ENOMEM, "%s", (*object)->source);
	*object = NULL;
	return 0;
}

int closure_check_same(const struct closure *closure, const struct object *have, const char *path,
	const char *name, const char *for_whom, struct err *err)
{
	struct stat st;
	int rc = root_stat(closure->sources.root, path, &st);

	if (rc < 0)
		return err_errno(err, -rc, "%s", path);
	if (st.st_dev == have->stat.st_dev && st.st_ino == have->stat.st_ino)
		return 0;
	return err_set(err, EEXIST, "two different files are %s: %s, and %s for %s: build two trees", name,
		have->source, path, for_whom);
}

static int check_tool(struct closure *closure, const struct object *tool, struct err *err)
{
	const struct elf_arch *arch = tool->elf.arch;

	if (!closure->arch)
		closure->arch = elf_native();
	if (object_is_script(tool))
		return 0;
	if (!arch || arch != closure->arch)
		return err_set(err, ENOEXEC, "wrong architecture: it is for %s, this machine is %s",
			arch ? arch->name : "a processor that is not known here",
			closure->arch ? closure->arch->name : "not known");
	if (!tool->elf.interpreter && tool->elf.needed.count)
		return err_set(err, ENOEXEC, "a shared library, not a program");
	return object_is_static(tool) ? 0 : closure_check_loader(closure, tool, err);
}

static int finish_tool(struct closure *closure, struct object *tool, struct err *err)
{
	if (object_is_script(tool))
		return closure_adapt_script(closure, tool, err);
	if (shim_is_wanted(tool->name) && !object_is_static(tool))
		closure->shim = true;
	return closure_add_needed(closure, tool, err);
}

int closure_add_program(struct closure *closure, const char *path, const char *name,
	const struct recipe *recipe, struct err *err)
{
	cleanup_object struct object *object = NULL;
	const struct object *have = closure_tool(closure, name);
	struct object *tool;
	int rc = object_read(closure->sources.root, path, name, NULL, &object, err);

	if (rc < 0)
		return rc;
	if (have)
		return closure_check_same(closure, have, path, name, object->source, err);
	rc = check_tool(closure, object, err);
	if (rc < 0)
		return rc;
	object->recipe = recipe;
	if (object_is_script(object) && object_is_wrapped(object))
		return err_set(err, ENOTSUP,
			"a script: a launcher, as its recipe wants it, is for ELF programs alone");
	tool = object;
	rc = closure_add_object(
		&closure->tools, &object, object_is_wrapped(tool) ? "lib/wrapped" : "bin", name, err);
	return rc == 0 ? finish_tool(closure, tool, err) : rc;
}

/* A relative path of the host's becomes an absolute one. */
int closure_find_program(const struct closure *closure, const char *word, char **ret_path, struct err *err)
{
	const struct closure_sources *sources = &closure->sources;
	cleanup_free char *here = NULL, *absolute = NULL;

	if (!strchr(word, '/') || word[0] == '/')
		return object_locate(sources->root, word, sources->path, ret_path, err);
	if (!root_is_host(sources->root))
		return err_set(err, EINVAL, "a path in another root file system begins with /");
	here = realpath(".", NULL);
	absolute = here ? util_printf("%s/%s", here, word) : NULL;
	if (!absolute)
		return err_errno(err, errno, "find it from here");
	return object_locate(sources->root, absolute, NULL, ret_path, err);
}

int closure_add_missing(struct closure *closure, const char *word, struct err *err)
{
	if (names_has(&closure->missing, word))
		return 0;
	return names_add(&closure->missing, word) < 0 ? err_errno(err, ENOMEM, "%s", word) : 0;
}

static int add_plain(struct closure *closure, const char *word, bool optional, struct err *err)
{
	cleanup_free char *path = NULL;
	int rc = closure_find_program(closure, word, &path, err);

	if (rc == -ENOENT && optional)
		return 0;
	if (rc == -ENOENT)
		return closure_add_missing(closure, word, err);
	return rc == 0 ? closure_add_program(closure, path, names_base(word), NULL, err) : rc;
}

int closure_add(struct closure *closure, const char *word, bool optional, struct err *err)
{
	bool found = false;
	int rc;

	if (!names_is_plain(names_base(word)))
		return err_set(err, EINVAL, "%s: not the name of a program", word);
	rc = closure_add_recipe(closure, word, optional, &found, err);
	if (rc == 0 && !found)
		rc = add_plain(closure, word, optional, err);
	return rc < 0 ? err_prefix(err, "%s", word) : 0;
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
	for (size_t i = 0; i < closure->files.count; i++) {
		free_keep_errno(&closure->files.item[i].place);
		free_keep_errno(&closure->files.item[i].source);
	}
	free_keep_errno(&closure->links.item);
	free_keep_errno(&closure->files.item);
	objects_free(&closure->tools);
	objects_free(&closure->libraries);
	objects_free(&closure->plugins);
	for (size_t i = 0; i < closure->recipe_count; i++)
		recipe_free(&closure->recipes[i].recipe);
	free_keep_errno(&closure->recipes);
	names_free(&closure->missing);
	search_free(&closure->search);
	free_keep_errno(&closure->loader);
}
