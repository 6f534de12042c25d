/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a session comes to its tools: attached, packed, or its own. */
#include "audit.h"
#include "session_work.h"
#include "tools.h"

/*
 * With the container's lock: attached, seen from inside, entered, recorded. From the moment that the view is
 * open, nobody detaches the tools without force.
 */
static int start(struct session_work *work, struct err *err)
{
	struct context *context = work->context;
	const struct record *record = &work->meant.container->record;
	int rc = attach_tools(&context->store, record, &work->meant.target, context->tools,
		context->options.tools != NULL, &work->view, err);

	if (rc == 0)
		rc = session_plan(work, work->view.root, err);
	if (rc == 0 && !work->view.were_there) {
		audit(work->meant.container, "attached %s", context->tools);
		tell_more(&context->options, work->plan.container, "attached %s%s", context->tools,
			work->view.moved ? ", by a mount moved into the container" : "");
	}
	return rc == 0 ? session_enter(work, FD_NONE, err) : rc;
}

/* The same with a packed tool: nothing is attached. The mount is in no table before the command's own copy has it. */
static int start_packed(struct session_work *work, struct err *err)
{
	cleanup_fd int mount = tools_mount_layers(
		work->packed.trees, work->packed.count, &work->context->store, &work->meant.target, err);
	int rc = mount < 0 ? mount : mnt_identify(mount, NULL, &work->view.identity);

	if (mount >= 0 && rc < 0)
		err_errno(err, -rc, "look at the packed tools");
	if (rc == 0)
		rc = session_plan(work, work->packed.trees[0], err);
	return rc == 0 ? session_enter(work, mount, err) : rc;
}

/* For tools that the command's own copy of the mount namespace has: where they can go. */
static int look_for_place(struct session_work *work, struct err *err)
{
	struct attach_status status;
	int rc = attach_look(
		&work->context->store, &work->meant.container->record, &work->meant.target, &status, err);

	if (rc == 0)
		work->own_dev = status.unprovisioned != NULL;
	return rc;
}

/* The same with the whole tree: --private. */
static int start_private(struct session_work *work, struct err *err)
{
	const struct context *context = work->context;
	cleanup_tools struct tools tools = TOOLS_NONE;
	cleanup_fd int mount = FD_NONE;
	int rc = tools_open(&context->store, context->tools, &tools, err);

	if (rc < 0)
		return rc;
	mount = tools_mount(&tools, &context->store, &work->meant.target, err);
	if (mount < 0)
		return mount;
	rc = mnt_identify(mount, NULL, &work->view.identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	work->plan.own_tools = context->tools;
	rc = look_for_place(work, err);
	if (rc == 0)
		rc = session_plan(work, tools.root, err);
	return rc == 0 ? session_enter(work, mount, err) : rc;
}

/* Tools are the host's, and stay there. */
static int start_staying(struct session_work *work, struct err *err)
{
	int rc = session_plan(work, FD_NONE, err);

	return rc == 0 ? session_enter(work, FD_NONE, err) : rc;
}

/* Where tools cannot be mounted in the container itself, the session alone has them. */
int session_start(struct session_work *work, struct err *err)
{
	int rc;

	if (options_stay(&work->context->options))
		return start_staying(work, err);
	if (work->packed.count)
		return start_packed(work, err);
	rc = work->context->options.private ? -EOPNOTSUPP : start(work, err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_OURS); /* in the container's mount namespace: nothing may be opened any more */
	if (rc != -EOPNOTSUPP)
		return rc;
	if (!work->context->options.private)
		tell_more(&work->context->options, work->meant.word, "%s: this session alone has them",
			err->text);
	return start_private(work, err);
}
