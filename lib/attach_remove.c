/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tools of one container taken away, from the host and from inside. */
#include "attach.h"

#include "bounds.h"
#include "err.h"
#include "mountinfo.h"
#include "ns.h"
#include "path.h"
#include "place.h"
#include "rewrite.h"

#include <fcntl.h>
#include <sched.h>

/* One copy that the container still has, ENTRY: opened in its root, verified, and taken away from inside. */
static int remove_severed(const struct target *target, const struct mount_entry *entry, struct err *err)
{
	cleanup_home struct ns_home home = {FD_NONE, FD_NONE};
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), mount = FD_NONE;
	struct mnt_identity identity;
	int rc = ns_home_open(&home, err);

	if (rc < 0)
		return rc;
	mount = root < 0 ? -errno : path_open_in_root(root, entry->point, O_PATH | O_DIRECTORY);
	if (mount < 0 || mnt_identify(mount, NULL, &identity) < 0 ||
		identity.mount != (unsigned long long)entry->id || !identity.is_mount_root)
		return err_set(err, ESTALE,
			"the container has cut off and covered its own copy of the tools at %s: it goes when "
			"the "
			"container ends",
			entry->point);
	rc = ns_enter(target->pidfd, CLONE_NEWNS, err);
	if (rc < 0)
		return rc;
	rc = mnt_detach_here(mount, err);
	if (ns_home_return(&home, rc < 0 ? ERR_IGNORED : err) < 0)
		return -ENOTRECOVERABLE;
	return rc;
}

/* "severed copies outlive the host's unmount and pin the tree": believe the container's own table. */
static int remove_from_inside(
	const struct target *target, const struct attach_status *status, struct err *err)
{
	for (int copies = 0; copies < SEVERED_COPIES_LIMIT; copies++) {
		cleanup_free char *table = NULL;
		struct mount_entry entry;
		bool found = false;
		char *cursor;
		int rc;

		if (target_read_mounts(target->proc, &table, ERR_IGNORED) < 0)
			return 0; /* it has ended */
		for (cursor = table; !found && mountinfo_next(&cursor, &entry);)
			found = attach_is_tools(&entry, status);
		if (!found)
			return 0;
		rc = remove_severed(target, &entry, err);
		if (rc < 0)
			return rc;
	}
	return err_set(err, ESTALE, "the container has too many copies of the tools' mount");
}

static int forget_tools(
	const struct store *store, const struct record *record, const struct target *target, struct err *err)
{
	struct record fresh = RECORD_NONE;
	int rc = attach_read_record(store, record, &fresh, err);

	if (rc == 0 && fresh.made)
		place_remove(target);
	if (rc == 0 && fresh.foreign) {
		rc = record_remove(store->records, fresh.id, err);
	} else if (rc == 0) {
		fresh.tools = NULL;
		fresh.tools_device = fresh.moved_device = fresh.moved_inode = fresh.moved_mount = 0;
		fresh.made = false;
		rc = rewrite_record(store, &fresh, err);
	}
	record_release(&fresh);
	return rc;
}

int attach_remove(const struct store *store, const struct record *record, const struct target *target,
	const struct attach_status *status, bool lazy, struct err *err)
{
	int rc = status->attached ? mnt_detach(store->ctr, record->id, lazy, err) : 0;

	if (rc == 0)
		rc = remove_from_inside(target, status, err);
	return rc < 0 ? rc : forget_tools(store, record, target, err);
}
