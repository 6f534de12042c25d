/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pack.h"

#include "build.h"
#include "closure.h"
#include "err.h"
#include "launch.h"
#include "patchelf.h"
#include "run.h"
#include "seal.h"
#include "shim.h"
#include "tree.h"
#include "util.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TREE "/dev/crashcart"
#define LIBRARIES TREE "/lib"

/*
 * A program has the directory by its full name. $ORIGIN of a program is what /proc/self/exe says,
 * and /proc is the container's: none, or a false one that leads the loader to libraries of the
 * container. $ORIGIN of a library is where the loader opened it.
 */
static const char tool_path[] = LIBRARIES, library_path[] = "$ORIGIN";

struct packing {
	const struct build *build;
	const struct tree *tree;
	const struct closure *closure;
	size_t done, total;
};

static struct tree_source source_of(const struct packing *packing, const struct object *object)
{
	return (struct tree_source){packing->closure->sources.root, object->source, &object->stat};
}

/* Tells what comes next; -ECANCELED if the user does not want it. */
static int next(struct packing *packing, const char *place, const char *source, struct err *err)
{
	const struct build_progress *progress = &packing->build->progress;
	char text[2 * PATH_MAX];

	if (run_cancelled(packing->build->cancel))
		return err_set(err, ECANCELED, "interrupted");
	snprintf(text, sizeof(text), "%s: %s", place, source);
	if (progress->note)
		progress->note(text);
	if (progress->step)
		progress->step(packing->done, packing->total, place);
	packing->done++;
	return 0;
}

/* A program is meant by its place in bin/, also where that is a launcher's. */
static bool is_meant(const struct object *object, const char *file)
{
	if (object_is_wrapped(object))
		return strncmp(file, "bin/", 4) == 0 && strcmp(file + 4, object->name) == 0;
	return strcmp(file, object->place) == 0;
}

/* What recipes say of texts in this file. */
static int replace_texts(const struct packing *packing, const struct object *object, struct err *err)
{
	const struct closure *closure = packing->closure;

	for (size_t i = 0; i < closure->recipe_count; i++) {
		const struct recipe *recipe = closure->recipes[i].recipe;

		for (size_t j = 0; closure->recipes[i].used && j < recipe->replace_count; j++) {
			const struct recipe_replace *replace = &recipe->replaces[j];

			if (is_meant(object, replace->file) && seal_replace(packing->tree->fd, object->place,
								       replace->from, replace->to, err) < 0)
				return err_prefix(err, "recipe %s", recipe->name);
		}
	}
	return 0;
}

/* Sealed before patchelf: that is sure to leave the bytes that it does not know alone. */
static int adapt(const struct packing *packing, const struct object *object, const char *rpath, bool shim,
	struct err *err)
{
	cleanup_free char *interpreter = NULL;
	struct patchelf patchelf = {.directory = packing->tree->fd,
		.file = object->place,
		.needed = shim ? SHIM_NAME : NULL,
		.rpath = rpath,
		.cancel = packing->build->cancel};
	int rc = seal_library(packing->tree->fd, object->place, packing->closure->arch, err);

	if (rc == 0)
		rc = replace_texts(packing, object, err);
	if (rc < 0)
		return rc;
	/* Some libraries are programs too: libc.so.6. */
	if (object->elf.interpreter) {
		interpreter = util_printf(LIBRARIES "/%s", packing->closure->loader);
		if (!interpreter)
			return err_errno(err, ENOMEM, "%s", object->place);
		patchelf.interpreter = interpreter;
	}
	return patchelf_run(&patchelf, err);
}

static int set_time(const struct packing *packing, const struct object *object, struct err *err)
{
	return tree_set_time(packing->tree, object->place, &object->stat.st_mtim, err);
}

/* bin/NAME of a program that is elsewhere. */
static int pack_launcher(const struct packing *packing, const struct object *tool, struct err *err)
{
	cleanup_free char *file = util_printf("bin/%s", tool->name), *argv0 = NULL, *program = NULL,
			  *text = NULL;
	size_t length;
	int rc;

	argv0 = file ? util_printf(TREE "/%s", file) : NULL;
	program = util_printf(TREE "/%s", tool->place);
	if (!argv0 || !program)
		return err_errno(err, ENOMEM, "%s", tool->name);
	rc = launch_make(
		program, argv0, &tool->recipe->arguments, &tool->recipe->environment, &text, &length, err);
	return rc == 0 ? tree_write(packing->tree, file, 0755, text, length, err) : rc;
}

static int pack_script(const struct packing *packing, const struct object *tool, struct err *err)
{
	const struct tree_source source = source_of(packing, tool);

	return tree_copy_from(
		packing->tree, &source, tool->shebang, tool->shebang_length, tool->place, 0755, err);
}

static int pack_tool(const struct packing *packing, const struct object *tool, struct err *err)
{
	const struct tree_source source = source_of(packing, tool);
	int rc;

	if (object_is_script(tool))
		rc = pack_script(packing, tool, err);
	else
		rc = tree_copy(packing->tree, &source, tool->place, 0755, err);
	if (rc == 0 && !object_is_static(tool) && !object_is_script(tool))
		rc = adapt(packing, tool, tool_path, shim_is_wanted(tool->name), err);
	if (rc == 0 && object_is_static(tool))
		rc = replace_texts(packing, tool, err);
	if (rc == 0 && object_is_wrapped(tool))
		rc = pack_launcher(packing, tool, err);
	return rc;
}

/* musl's loader reads etc/ld-musl-ARCH.path beside the "lib" that it is in, not that of "/" (musl, ldso/dynlink.c). */
static int write_musl_path(const struct packing *packing, struct err *err)
{
	const char *loader = packing->closure->loader;
	size_t length = strcspn(loader, ".");
	cleanup_free char *file = util_printf("etc/%.*s.path", (int)length, loader);

	if (!file)
		return err_errno(err, ENOMEM, "%s", loader);
	return tree_write(packing->tree, file, 0644, LIBRARIES "\n", strlen(LIBRARIES "\n"), err);
}

static int finish_loader(const struct packing *packing, const struct object *loader, struct err *err)
{
	if (packing->closure->musl)
		return write_musl_path(packing, err);
	return seal_loader(packing->tree->fd, loader->place, packing->closure->arch, err);
}

/* 0644 but for what is also a program: the loader and, as it is on every distribution, the C library. */
static int pack_library(const struct packing *packing, const struct object *library, struct err *err)
{
	bool loader = strcmp(library->name, packing->closure->loader) == 0;
	mode_t mode = loader || library->elf.interpreter ? 0755 : 0644;
	const struct tree_source source = source_of(packing, library);
	int rc = tree_copy(packing->tree, &source, library->place, mode, err);

	if (rc < 0)
		return rc;
	return loader ? finish_loader(packing, library, err)
		      : adapt(packing, library, library_path, false, err);
}

static int pack_plugin(const struct packing *packing, const struct object *plugin, struct err *err)
{
	const struct tree_source source = source_of(packing, plugin);
	int rc = tree_copy(
		packing->tree, &source, plugin->place, plugin->stat.st_mode & 0111 ? 0755 : 0644, err);

	return rc == 0 ? adapt(packing, plugin, tool_path, false, err) : rc;
}

static int pack_shim(const struct packing *packing, struct err *err)
{
	const struct patchelf patchelf = {.directory = packing->tree->fd,
		.file = "lib/" SHIM_NAME,
		.rpath = library_path,
		.cancel = packing->build->cancel};
	size_t length;
	const char *content = shim_content(&length);
	int rc = tree_write(packing->tree, patchelf.file, 0644, content, length, err);

	if (rc == 0)
		rc = patchelf_run(&patchelf, err);
	return rc == 0 ? tree_set_time(packing->tree, patchelf.file, &(struct timespec){0}, err) : rc;
}

static int pack_objects(struct packing *packing, const struct objects *objects,
	int (*pack)(const struct packing *packing, const struct object *object, struct err *err),
	struct err *err)
{
	for (size_t i = 0; i < objects->count; i++) {
		const struct object *object = objects->item[i];
		int rc = next(packing, object->place, object->source, err);

		if (rc == 0)
			rc = pack(packing, object, err);
		if (rc == 0)
			rc = set_time(packing, object, err);
		if (rc < 0)
			return err_prefix(err, "%s", object->name);
	}
	return 0;
}

static int pack_files(struct packing *packing, struct err *err)
{
	const struct files *files = &packing->closure->files;

	for (size_t i = 0; i < files->count; i++) {
		const struct file *file = &files->item[i];
		const struct tree_source source = {file->root, file->source, &file->stat};
		int rc = next(packing, file->place, file->source, err);

		if (rc == 0)
			rc = tree_copy(packing->tree, &source, file->place,
				file->stat.st_mode & 0111 ? 0755 : 0644, err);
		if (rc == 0)
			rc = tree_set_time(packing->tree, file->place, &file->stat.st_mtim, err);
		if (rc < 0)
			return err_prefix(err, "%s", file->place);
	}
	return 0;
}

int pack_closure(
	const struct build *build, const struct tree *tree, const struct closure *closure, struct err *err)
{
	static const char *const directories[] = {"bin", "etc", "lib", "share"};
	struct packing packing = {build, tree, closure, 0,
		closure->tools.count + closure->libraries.count + closure->plugins.count +
			closure->files.count};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(directories); i++)
		rc = tree_make_directory(tree, directories[i], err);
	if (rc == 0)
		rc = pack_objects(&packing, &closure->libraries, pack_library, err);
	if (rc == 0)
		rc = pack_objects(&packing, &closure->tools, pack_tool, err);
	if (rc == 0)
		rc = pack_objects(&packing, &closure->plugins, pack_plugin, err);
	if (rc == 0)
		rc = pack_files(&packing, err);
	if (rc == 0 && closure->shim)
		rc = pack_shim(&packing, err);
	for (size_t i = 0; rc == 0 && i < closure->links.count; i++)
		rc = tree_link(tree, closure->links.item[i].target, closure->links.item[i].name, err);
	return rc;
}
