/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"

#include "closure.h"
#include "err.h"
#include "manifest.h"
#include "names.h"
#include "pack.h"
#include "packages.h"
#include "path.h"
#include "run.h"
#include "tree.h"
#include "tree_files.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* All that a build holds on to. */
struct work {
	const struct build *build;
	struct root root, host;
	struct packages *packages;
	struct closure closure;
	char inputs[HASH_TEXT];
	struct tree tree;
};

static void work_close(struct work *work)
{
	tree_discard(&work->tree);
	closure_free(&work->closure);
	packages_close(&work->packages);
	root_close(&work->root);
	root_close(&work->host);
}

static int open_sources(struct work *work, struct err *err)
{
	const struct build *build = work->build;
	int rc = root_open(build->from_root, &work->root, err);

	if (rc == 0)
		rc = root_open(NULL, &work->host, err);
	if (rc == 0)
		rc = packages_open(&work->root, build->cancel, &work->packages, err);
	work->closure.sources = (struct closure_sources){
		.root = &work->root,
		.host = &work->host,
		.path = build->from_root ? NULL : build->path,
		.recipes = build->recipes,
		.cancel = build->cancel,
	};
	return rc;
}

static int add_preset(struct work *work, const char *name, struct err *err)
{
	struct recipe_name *names = NULL;
	size_t count = 0;
	int rc = preset_read(work->build->recipes, name, &names, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = closure_add(&work->closure, names[i].name, names[i].optional, err);
	preset_free(names, count);
	return rc;
}

static int add_all(struct work *work, struct err *err)
{
	const struct build *build = work->build;
	int rc = 0;

	for (size_t i = 0; rc == 0 && build->presets && i < build->presets->count; i++)
		rc = add_preset(work, build->presets->item[i], err);
	for (size_t i = 0; rc == 0 && build->packages && i < build->packages->count; i++)
		rc = closure_add_package(&work->closure, work->packages, build->packages->item[i], err);
	for (size_t i = 0; rc == 0 && i < build->count; i++)
		rc = closure_add(&work->closure, build->names[i], false, err);
	return rc;
}

static int note_objects(struct names *sources, const struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++)
		if (names_add(sources, objects->item[i]->source) < 0)
			return -ENOMEM;
	return 0;
}

static int note_sources(const struct work *work, struct err *err)
{
	struct build_sources *sources = work->build->sources;
	const struct closure *closure = &work->closure;
	int rc = note_objects(&sources->programs, &closure->tools);

	if (rc == 0)
		rc = note_objects(&sources->programs, &closure->libraries);
	if (rc == 0)
		rc = note_objects(&sources->programs, &closure->plugins);
	for (size_t i = 0; rc == 0 && i < closure->files.count; i++)
		if (closure->files.item[i].root == &work->root)
			rc = names_add(&sources->data, closure->files.item[i].source);
	return rc < 0 ? err_errno(err, -rc, "list what is packed") : 0;
}

static int plan(struct work *work, struct err *err)
{
	int rc = open_sources(work, err);

	if (rc == 0)
		rc = add_all(work, err);
	if (rc == 0)
		rc = closure_finish(&work->closure, err);
	if (rc == 0)
		rc = closure_name_packages(&work->closure, work->packages, err);
	if (rc == 0 && work->build->sources)
		rc = note_sources(work, err);
	return rc == 0 ? closure_hash(&work->closure, work->inputs, err) : rc;
}

/* The tree is there already, as this build would make it: another's may have anything in files of those sizes. */
static bool is_current(const struct work *work)
{
	cleanup_fd int fd = open(work->build->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && path_check_trusted(fd, work->build->output, ERR_IGNORED) == 0 &&
	       manifest_is_current(fd, work->inputs);
}

static int write_manifest(struct work *work, struct build_result *ret, struct err *err)
{
	cleanup_tree_files struct tree_files files = {0};
	cleanup_free char *text = NULL;
	size_t length;
	int rc = tree_files_collect(&work->tree, work->build->cancel, &files, err);

	if (rc == 0)
		rc = manifest_write(&work->closure, work->inputs, &files, &text, &length, err);
	if (rc == 0)
		rc = tree_write(&work->tree, MANIFEST_NAME, 0644, text, length, err);
	if (rc == 0)
		rc = tree_set_time(&work->tree, ".", &(struct timespec){0}, err);
	ret->files = files.count;
	return rc;
}

static int perform(struct work *work, struct build_result *ret, struct err *err)
{
	const struct build *build = work->build;

	if (tree_begin(&work->tree, build->output, build->force, build->make_parents, err) < 0)
		return err_prefix(err, "%s", build->output);
	if (pack_closure(build, &work->tree, &work->closure, err) < 0)
		return -err->number;
	if (write_manifest(work, ret, err) < 0)
		return err_prefix(err, "%s", build->output);
	if (run_cancelled(build->cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (tree_commit(&work->tree, &ret->leftover, err) < 0)
		return err_prefix(err, "%s", build->output);
	return 0;
}

int build_tree(const struct build *build, struct build_result *ret, struct err *err)
{
	__attribute__((cleanup(work_close))) struct work work = {
		.build = build, .root = ROOT_NONE, .host = ROOT_NONE, .tree = TREE_NONE};
	struct build_result result = {0};
	int rc = plan(&work, err);

	if (rc < 0)
		return rc;
	result.unchanged = is_current(&work);
	if (!result.unchanged)
		rc = perform(&work, &result, err);
	if (rc < 0)
		return rc;
	result.tools = work.closure.tools.count;
	result.libraries = work.closure.libraries.count;
	result.links = work.closure.links.count;
	*ret = result;
	return 0;
}
