/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"

#include "applets.h"
#include "closure.h"
#include "err.h"
#include "manifest.h"
#include "names.h"
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

#define LIBRARIES "/dev/crashcart/lib"

/*
 * A program has the directory by its full name. $ORIGIN of a program is what /proc/self/exe says,
 * and /proc is the container's: none, or a false one that leads the loader to libraries of the
 * container. $ORIGIN of a library is where the loader opened it.
 */
static const char tool_path[] = LIBRARIES, library_path[] = "$ORIGIN";

__attribute__((format(printf, 2, 3))) static void note(const struct build *build, const char *format, ...)
{
	char text[2 * PATH_MAX];
	va_list ap;

	if (!build->note)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	build->note(text);
}

static int plan(const struct build *build, struct closure *closure, struct err *err)
{
	cleanup_names struct names applets = {0};
	const struct object *busybox;
	int rc = 0;

	for (size_t i = 0; i < build->count; i++)
		if (closure_add_tool(closure, build->names[i], build->path, err) < 0)
			return err_prefix(err, "%s", build->names[i]);
	busybox = closure_tool(closure, "busybox");
	if (busybox)
		rc = applets_list(busybox->source, build->cancel, &applets, err);
	if (rc < 0)
		return err_prefix(err, "busybox");
	return closure_finish(closure, &applets, err);
}

/* Sealed before patchelf: that is sure to leave the bytes that it does not know alone. */
static int adapt(const struct build *build, const struct tree *tree, const struct closure *closure,
	const struct object *object, const char *file, const char *rpath, struct err *err)
{
	cleanup_free char *interpreter = NULL;
	bool shim = rpath == tool_path && shim_is_wanted(object->name);
	struct patchelf patchelf = {.directory = tree->fd,
		.file = file,
		.needed = shim ? SHIM_NAME : NULL,
		.rpath = rpath,
		.cancel = build->cancel};
	int rc = seal_library(tree->fd, file, closure->arch, err);

	if (rc < 0)
		return rc;
	/* Some libraries are programs too: libc.so.6. */
	if (object->elf.interpreter) {
		interpreter = util_printf(LIBRARIES "/%s", closure->loader);
		if (!interpreter)
			return err_errno(err, ENOMEM, "%s", file);
		patchelf.interpreter = interpreter;
	}
	return patchelf_run(&patchelf, err);
}

static int pack_tool(const struct build *build, const struct tree *tree, const struct closure *closure,
	const struct object *tool, struct err *err)
{
	cleanup_free char *file = util_printf("bin/%s", tool->name);
	int rc;

	if (!file)
		return err_errno(err, ENOMEM, "%s", tool->name);
	note(build, "%s: %s", file, tool->source);
	rc = tree_copy(tree, tool->source, &tool->stat, file, 0755, err);
	if (rc == 0 && !object_is_static(tool))
		rc = adapt(build, tree, closure, tool, file, tool_path, err);
	return rc;
}

/* musl's loader reads etc/ld-musl-ARCH.path beside the "lib" that it is in, not that of "/" (musl, ldso/dynlink.c). */
static int write_musl_path(const struct tree *tree, const char *loader, struct err *err)
{
	size_t length = strcspn(loader, ".");
	cleanup_free char *file = util_printf("etc/%.*s.path", (int)length, loader);

	if (!file)
		return err_errno(err, ENOMEM, "%s", loader);
	return tree_write(tree, file, LIBRARIES "\n", strlen(LIBRARIES "\n"), err);
}

static int finish_loader(
	const struct tree *tree, const struct closure *closure, const char *file, struct err *err)
{
	if (closure->musl)
		return write_musl_path(tree, closure->loader, err);
	return seal_loader(tree->fd, file, closure->arch, err);
}

/* 0644 but for what is also a program: the loader and, as it is on every distribution, the C library. */
static int pack_library(const struct build *build, const struct tree *tree, const struct closure *closure,
	const struct object *library, struct err *err)
{
	cleanup_free char *file = util_printf("lib/%s", library->name);
	bool loader = strcmp(library->name, closure->loader) == 0;
	mode_t mode = loader || library->elf.interpreter ? 0755 : 0644;
	int rc;

	if (!file)
		return err_errno(err, ENOMEM, "%s", library->name);
	note(build, "%s: %s", file, library->source);
	rc = tree_copy(tree, library->source, &library->stat, file, mode, err);
	if (rc < 0)
		return rc;
	return loader ? finish_loader(tree, closure, file, err)
		      : adapt(build, tree, closure, library, file, library_path, err);
}

static int pack_shim(const struct build *build, const struct tree *tree, struct err *err)
{
	const struct patchelf patchelf = {.directory = tree->fd,
		.file = "lib/" SHIM_NAME,
		.rpath = library_path,
		.cancel = build->cancel};
	size_t length;
	const char *content = shim_content(&length);
	int rc = tree_write(tree, patchelf.file, content, length, err);

	return rc == 0 ? patchelf_run(&patchelf, err) : rc;
}

static int pack_objects(const struct build *build, const struct tree *tree, const struct closure *closure,
	bool tools, struct err *err)
{
	const struct objects *objects = tools ? &closure->tools : &closure->libraries;

	for (size_t i = 0; i < objects->count; i++) {
		const struct object *object = objects->item[i];
		int rc;

		if (run_cancelled(build->cancel))
			return err_set(err, ECANCELED, "interrupted");
		rc = tools ? pack_tool(build, tree, closure, object, err)
			   : pack_library(build, tree, closure, object, err);
		if (rc < 0)
			return err_prefix(err, "%s", object->name);
	}
	return 0;
}

static int write_manifest(const struct tree *tree, const struct closure *closure, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc = manifest_write(closure, &text, &length, err);

	return rc < 0 ? rc : tree_write(tree, MANIFEST_NAME, text, length, err);
}

static int perform(
	const struct build *build, const struct tree *tree, const struct closure *closure, struct err *err)
{
	static const char *const directories[] = {"bin", "etc", "lib", "share"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(directories); i++)
		rc = tree_make_directory(tree, directories[i], err);
	if (rc == 0)
		rc = pack_objects(build, tree, closure, false, err);
	if (rc == 0)
		rc = pack_objects(build, tree, closure, true, err);
	if (rc == 0 && closure->shim)
		rc = pack_shim(build, tree, err);
	for (size_t i = 0; rc == 0 && i < closure->links.count; i++)
		rc = tree_link(tree, closure->links.item[i].target, closure->links.item[i].name, err);
	return rc == 0 ? write_manifest(tree, closure, err) : rc;
}

static int commit(const struct build *build, struct tree *tree, char **ret_leftover, struct err *err)
{
	if (run_cancelled(build->cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (tree_commit(tree, ret_leftover, err) < 0)
		return err_prefix(err, "%s", build->output);
	return 0;
}

int build_tree(const struct build *build, struct build_result *ret, struct err *err)
{
	cleanup_tree struct tree tree = TREE_NONE;
	cleanup_closure struct closure closure = {0};
	char *leftover = NULL;
	int rc = plan(build, &closure, err);

	if (rc < 0)
		return rc;
	if (tree_begin(&tree, build->output, build->force, build->make_parents, err) < 0)
		return err_prefix(err, "%s", build->output);
	rc = perform(build, &tree, &closure, err);
	if (rc == 0)
		rc = commit(build, &tree, &leftover, err);
	if (rc < 0)
		return rc;
	*ret = (struct build_result){
		closure.tools.count, closure.libraries.count, closure.links.count, leftover};
	return 0;
}
