/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pack.h"

#include "attach.h"
#include "layers.h"
#include "path.h"
#include "run.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { TRIES = 3 };

void packed_close(struct packed *packed)
{
	close_keep_errno(&packed->trees[0]);
	close_keep_errno(&packed->trees[1]);
	free_keep_errno(&packed->program);
	packed->count = 0;
}

/* The tree that the container has, or would have. One that is not there is none. */
static void open_base(const struct context *context, const char *path, struct tools *ret)
{
	struct err err = {0};
	int rc = tools_open(&context->store, path, ret, &err);

	if (rc < 0 && rc != -ENOENT)
		tell_more(&context->options, NULL, "%s", err.text);
}

/* Its path may lead to another tree meanwhile. */
static bool attached_has(const struct context *context, const char *id, const char *name)
{
	cleanup_fd int master = FD_NONE;
	bool attached = false;

	return store_master(&context->store, id, false, &master, &attached, ERR_IGNORED) == 0 && attached &&
	       run_has_tool(master, name);
}

int pack_is_needed(const struct context *context, const struct meant *meant, bool *ret_needed,
	bool *ret_own_dev, struct tools *ret_base, struct err *err)
{
	const struct record *record = &meant->container->record;
	const char *command = *context->options.command, *path;
	struct attach_status status;
	bool is_attached;
	int rc = meant_look(context, meant, &status, err);

	if (rc < 0)
		return rc;
	is_attached = status.attached || status.moved;
	if (is_attached && context->options.tools && record->tools &&
		strcmp(context->tools, record->tools) != 0)
		return err_set(
			err, EEXIST, "the tools %s are attached already: --detach them first", record->tools);
	path = is_attached ? record->tools : context->tools;
	if (path)
		open_base(context, path, ret_base);
	*ret_own_dev = status.unprovisioned != NULL;
	*ret_needed = strchr(command, '/') ||
		      !(is_attached ? attached_has(context, record->id, command)
				    : ret_base->root >= 0 && run_has_tool(ret_base->root, command));
	return 0;
}

/* As cache_hold of dbg-tools: -ENOENT: it was removed, for lack of room, between the call and this. */
static int hold(const char *path, int *ret, struct err *err)
{
	cleanup_fd int tree = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (tree < 0)
		return err_errno(err, errno, "open %s", path);
	if (flock(tree, LOCK_SH | LOCK_NB) < 0 || fstat(tree, &st) < 0 || st.st_nlink == 0 ||
		faccessat(tree, "manifest.json", F_OK, 0) < 0)
		return err_set(err, ENOENT, "%s was removed again: the cache is too small", path);
	if (path_check_trusted(tree, path, err) < 0)
		return -err->number;
	*ret = TAKE_FD(tree);
	return 0;
}

static int pack_and_hold(const struct context *context, const char *about, int *ret)
{
	struct err err = {0};
	int rc = -ENOENT;

	for (int i = 0; i < TRIES && rc == -ENOENT; i++) {
		cleanup_free char *path = NULL;
		int status = pack_call(context, about, &path);

		if (status != 0)
			return status;
		rc = hold(path, ret, &err);
		if (rc == 0)
			tell_more(&context->options, about, "packed in %s", path);
	}
	return rc < 0 ? complain_err(about, &err) : 0;
}

/* In the tree, and in its own eyes, it has its last component as its name. */
static void name_command(char **command)
{
	char *slash = strrchr(*command, '/');

	if (slash)
		*command = slash + 1;
}

/* An image of a tree is not laid upon another: only whole directories can be told apart by their manifests. */
static void lay_upon(
	const struct context *context, const char *about, struct tools *base, struct packed *packed)
{
	if (base->root < 0)
		return;
	if (!base->is_image && layers_agree(packed->trees[0], base->root))
		packed->trees[packed->count++] = TAKE_FD(base->root);
	else
		tell_more(&context->options, about, "the tools tree is left out: %s",
			base->is_image ? "it is an image" : "it has other files of the same names");
}

int pack_command(struct context *context, const char *about, struct tools *base, struct packed *ret)
{
	struct packed packed = PACKED_NONE;
	bool dry_run = context->options.dry_run;
	int status = dry_run ? pack_call(context, about, &packed.program)
			     : pack_and_hold(context, about, &packed.trees[0]);

	if (status != 0)
		return status;
	name_command(context->options.command);
	packed.count = 1;
	if (!dry_run)
		lay_upon(context, about, base, &packed);
	*ret = packed;
	return 0;
}
