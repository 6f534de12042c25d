/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tools for a container that has no mount of ours, or one that does not follow the host's any more. */
#include "attach.h"

#include "err.h"
#include "ns.h"
#include "place.h"
#include "rewrite.h"
#include "tools.h"

#include <fcntl.h>
#include <sched.h>

/* What is made, and where; the record tells of it before anything is done. */
struct move {
	const struct store *store;
	struct record *record;
	const struct target *target;
	struct place place;
	struct mnt_identity identity; /* of the tools' root */
};

static int unable(struct err *err, const char *reason)
{
	return err_set(err, EOPNOTSUPP, "tools cannot be mounted in it: %s", reason);
}

/* An old mount of ours, cut off or of a state directory that is no more, stays beneath the tools. */
static int look(struct move *move, struct err *err)
{
	struct plan plan;
	int rc = place_look(&move->place, move->store, &plan, err);

	if (rc == -EACCES) /* FUSE, without other users */
		return unable(err, "its files are on a file system that only its user may look into");
	if (rc < 0)
		return rc;
	return plan.verb == PLAN_SKIP || plan.verb == PLAN_LEAVE ? unable(err, plan.reason) : 0;
}

static int write_record(struct move *move, const char *path, bool is_image, struct err *err)
{
	struct record *record = move->record;

	record->tools = path;
	record->tools_device = is_image ? move->identity.device : 0;
	record->moved_device = move->identity.device;
	record->moved_inode = move->identity.inode;
	record->moved_mount = move->identity.unique;
	/* One that is there may be ours, of a call that was killed. */
	record->made = record->made || move->place.facts.point_error == ENOENT;
	return rewrite_record(move->store, record, err);
}

/* Whatever failed, nothing of it stays; what can be told was told before. */
static void undo(struct move *move)
{
	struct attach_status status;

	if (attach_look(move->store, move->record, move->target, &status, ERR_IGNORED) == 0)
		(void)attach_remove(move->store, move->record, move->target, &status, true, ERR_IGNORED);
}

static int mount_inside(struct move *move, int mount, struct attach_view *ret, struct err *err)
{
	struct err make_err = {0};
	int rc = move->place.facts.point_error == ENOENT ? place_make(&move->place, &make_err) : 0;

	if (rc < 0)
		return unable(err, make_err.text);
	rc = place_mount(&move->place, mount, false, err);
	return rc < 0 ? rc : attach_open_inside(move->target, &move->identity, ret, err);
}

static int move_tools(struct move *move, const char *path, struct attach_view *ret, struct err *err)
{
	cleanup_tools struct tools tools = TOOLS_NONE;
	cleanup_fd int mount = FD_NONE;
	int rc = look(move, err);

	if (rc == 0)
		rc = tools_open(move->store, path, &tools, err);
	if (rc < 0)
		return rc;
	mount = tools_mount(&tools, move->store, move->target, err);
	if (mount < 0)
		return mount;
	rc = mnt_identify(mount, NULL, &move->identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	move->identity.unique = mnt_unique(mount);
	rc = write_record(move, path, tools.is_image, err);
	if (rc < 0)
		return rc;
	rc = mount_inside(move, mount, ret, err);
	if (rc < 0 && rc != -ENOTRECOVERABLE)
		undo(move);
	return rc;
}

int attach_by_move(const struct store *store, struct record *record, const struct target *target,
	const char *path, struct attach_view *ret, struct err *err)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct move move = {
		.store = store,
		.record = record,
		.target = target,
		.place = PLACE_OF(target, root, record->id),
	};
	int rc;

	if (root < 0)
		return err_errno(err, errno, "open the container's root directory");
	rc = move_tools(&move, path, ret, err);
	place_close(&move.place);
	if (rc == 0)
		ret->moved = true;
	return rc;
}
