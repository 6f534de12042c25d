/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include "baseline.h"
#include "bounds.h"
#include "created.h"
#include "err.h"
#include "mounts.h"
#include "ns.h"
#include "path.h"
#include "place.h"
#include "plan.h"
#include "rewrite.h"
#include "superblock.h"
#include "tools.h"
#include "userns.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* What the host has: the masters, and the tools on this one. */
static int look_at_host(const struct store *store, struct attach_status *status, struct err *err)
{
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	cleanup_fd int master = FD_NONE;
	struct mnt_identity masters;
	int rc = mnt_identify(store->ctr, NULL, &masters);

	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	status->masters = masters.device;
	rc = mounts_group(&own, store->ctr, masters.mount, &status->host_group, err);
	if (rc < 0)
		return rc;
	if (store_master(store, status->id, false, &master, &status->attached, ERR_IGNORED) < 0 ||
		!status->attached)
		return 0;
	rc = mnt_identify(master, NULL, &status->tools);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	return mounts_group(&own, master, status->tools.mount, &status->tools_group, err);
}

bool attach_is_tools(const struct mount_entry *entry, const struct attach_status *status)
{
	if (status->tools_group && entry->master == status->tools_group)
		return true;
	/* A copy that was cut off, perhaps from tools that the host has taken away since. */
	if (status->image && superblock_is_known(entry->type))
		return makedev(entry->major, entry->minor) == status->image;
	return strcmp(entry->type, "overlay") == 0 && strcmp(entry->source, MNT_SOURCE) == 0;
}

/* Here the tie alone counts: a container may have remounted what it has, and the tools bring their own. */
static const char *untied(const struct attach_status *status, const struct mount_entry *entry)
{
	if (!status->host_group)
		return "the state directory's mount is not shared";
	if (entry->master != status->host_group)
		return "its mount at /dev/crashcart does not follow the host's any more";
	return NULL;
}

static bool is_users(const struct target *target)
{
	uid_t owner;

	return userns_owner(target->proc, &owner, ERR_IGNORED) == 0 && owner != 0;
}

/* Why there is no mount of ours. */
static const char *unprovided(const struct target *target)
{
	return is_users(target)
		       ? "it is an ordinary user's, whom its mount at /dev/crashcart serves, if it has one"
		       : "it has no mount of ours at /dev/crashcart: it was started without the hook, or "
			 "skipped (see the log)";
}

static int look_at_container(const struct target *target, const struct record *record,
	struct attach_status *status, struct err *err)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	bool found = false;
	char *cursor;
	int rc = target_read_mounts(target->proc, &table, err);

	if (rc < 0)
		return rc;
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if (attach_is_tools(&entry, status) &&
			(!status->tools_group || entry.master != status->tools_group))
			status->severed = true;
		if (record->moved_device &&
			makedev(entry.major, entry.minor) == (dev_t)record->moved_device &&
			strcmp(entry.point, "/dev/crashcart") == 0)
			status->moved = true;
		if (!plan_is_provision(&entry, status->masters, status->id) ||
			strcmp(entry.point, "/dev/crashcart") != 0)
			continue;
		found = true;
		status->master = entry.master;
		status->unprovisioned = untied(status, &entry);
	}
	if (!found)
		status->unprovisioned = unprovided(target);
	return 0;
}

int attach_look(const struct store *store, const struct record *record, const struct target *target,
	struct attach_status *ret, struct err *err)
{
	struct attach_status status = {.id = record->id, .image = (dev_t)record->tools_device};
	int rc = look_at_host(store, &status, err);

	if (rc == 0)
		rc = look_at_container(target, record, &status, err);
	if (rc == 0)
		*ret = status;
	return rc;
}

/* The barrier: what the container has at /dev/crashcart has to be the very mount, seen through its own root. */
int attach_open_inside(const struct target *target, const struct mnt_identity *wanted,
	struct attach_view *ret, struct err *err)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), tools = FD_NONE;
	struct mnt_identity identity;
	int rc;

	if (root < 0)
		return err_errno(err, errno, "open the container's root directory");
	tools = path_open_beneath(root, "dev/crashcart", O_PATH | O_DIRECTORY);
	if (tools < 0)
		return err_errno(err, -tools, "/dev/crashcart inside the container");
	rc = mnt_identify(tools, NULL, &identity);
	if (rc < 0)
		return err_errno(err, -rc, "/dev/crashcart inside the container");
	if (identity.device != wanted->device || identity.inode != wanted->inode || !identity.is_mount_root ||
		(wanted->unique && mnt_unique(tools) != wanted->unique))
		return err_set(err, ENOLINK,
			"the tools do not show at /dev/crashcart inside: the container has covered or cut "
			"it");
	ret->root = TAKE_FD(tools);
	ret->identity = identity;
	return 0;
}

int attach_read_record(
	const struct store *store, const struct record *resolved, struct record *ret, struct err *err)
{
	struct record fresh = RECORD_NONE;
	int rc = record_read_regular(store->records, resolved->id, &fresh, err);

	if (rc == 0)
		(void)created_complete(&fresh);
	if (rc == 0 && (fresh.pid != resolved->pid || fresh.start_time != resolved->start_time))
		rc = target_is_gone(resolved->pid, resolved->start_time, resolved->pid_namespace)
			     ? err_set(err, ESRCH, "it has been started anew meanwhile: try again")
			     : err_set(err, EOPNOTSUPP,
				       "tools are kept by the container's id, and another runtime has a "
				       "container "
				       "of this id that runs");
	if (rc < 0)
		record_release(&fresh);
	else
		*ret = fresh;
	return rc;
}

/* For a container without the hook, RECORD is made up: it is written now, unless somebody was before us. */
static int adopt(const struct store *store, const struct record *record, struct err *err)
{
	struct record old = RECORD_NONE;
	int found = record_find(store->records, record->id, &old, err);
	bool gone = found > 0 && created_is_gone(&old);
	int rc = 0;

	record_release(&old);
	if (found < 0 || (found > 0 && !gone))
		return found < 0 ? found : 0;
	if (gone)
		rc = store_remove(store, record->id, err);
	return rc < 0 ? rc : record_write(store->records, record, err);
}

/* The same, undone: where nothing was attached, nothing is to be remembered. */
static void disown(const struct store *store, const struct record *record)
{
	struct record fresh = RECORD_NONE;

	if (record_read(store->records, record->id, &fresh, ERR_IGNORED) == 0 && fresh.foreign &&
		!fresh.tools)
		(void)record_remove(store->records, record->id, ERR_IGNORED);
	record_release(&fresh);
}

static int attach_new(const struct store *store, struct record *record, const struct target *target,
	const char *path, struct attach_view *ret, struct err *err)
{
	cleanup_tools struct tools tools = TOOLS_NONE;
	cleanup_fd int master = FD_NONE, mount = FD_NONE;
	struct mnt_identity identity;
	bool attached;
	int rc = store_master(store, record->id, false, &master, &attached, err);

	if (rc < 0)
		return rc;
	rc = tools_open(store, path, &tools, err);
	if (rc < 0)
		return rc;
	mount = tools_mount(&tools, store, target, err);
	if (mount < 0)
		return mount;
	rc = mnt_identify(mount, NULL, &identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	/* Before the mount: what is attached has a name, whenever we are killed. */
	record->tools = path;
	record->tools_device = tools.is_image ? identity.device : 0;
	rc = rewrite_record(store, record, err);
	if (rc == 0)
		rc = mnt_attach(mount, master, err);
	if (rc < 0)
		return rc;
	rc = attach_open_inside(target, &identity, ret, err);
	if (rc < 0)
		(void)mnt_detach(store->ctr, record->id, true, ERR_IGNORED);
	return rc;
}

/* What is there was brought by another: the container is an ordinary user's, who has its master, and we are root. */
static bool are_users_own(
	const struct record *record, const struct target *target, const struct attach_status *status)
{
	return status->severed && !status->attached && !record->tools && is_users(target);
}

/*
 * What attach_by_move has brought. Nothing on the host holds it: a container that unmounts it can have the number of its
 * device again, and an inode of any number, but not its mount.
 */
static struct mnt_identity moved_tools(const struct record *record)
{
	return (struct mnt_identity){.device = (dev_t)record->moved_device,
		.inode = (ino_t)record->moved_inode,
		.unique = record->moved_mount};
}

/*
 * The usual case: the very tools that are attached are what the container has at /dev/crashcart. That is all that there is
 * to know, and takes no look at a mount table. False: it has to be found out how the container stands.
 */
static bool find_at_once(const struct store *store, const struct record *record, const struct target *target,
	struct attach_view *ret)
{
	cleanup_fd int master = FD_NONE;
	struct mnt_identity tools;
	bool attached;

	if (record->moved_device)
		tools = moved_tools(record);
	else if (!record->tools ||
		 store_master(store, record->id, false, &master, &attached, ERR_IGNORED) < 0 || !attached ||
		 mnt_identify(master, NULL, &tools) < 0)
		return false;
	if (attach_open_inside(target, &tools, ret, ERR_IGNORED) < 0)
		return false;
	ret->were_there = true;
	ret->moved = record->moved_device;
	return true;
}

/* Another tree than what is attached was asked for. */
static int check_match(const struct record *record, const char *tools, bool must_match, struct err *err)
{
	if (!must_match || !record->tools || strcmp(tools, record->tools) == 0)
		return 0;
	return err_set(err, EEXIST, "the tools %s are attached already: --detach them first", record->tools);
}

static int attach_or_find(const struct store *store, struct record *record, const struct target *target,
	const char *tools, bool must_match, struct attach_view *ret, struct err *err)
{
	struct attach_status status = {0};
	int rc;

	if (find_at_once(store, record, target, ret))
		return check_match(record, tools, must_match, err);
	rc = attach_look(store, record, target, &status, err);
	if (rc < 0)
		return rc;
	if (!status.attached && !status.moved && !status.severed && !record->foreign)
		baseline_take_late(store->records, record, target);
	if (status.moved) {
		status.tools = moved_tools(record);
	} else if (status.unprovisioned) {
		if (are_users_own(record, target, &status))
			return err_set(err, EOPNOTSUPP,
				"tools are attached to it by the user whose container it is");
		/* What is left on the host's side, or of a copy that was cut off, would be forgotten. */
		if (status.attached || status.severed)
			return err_set(err, EEXIST, "tools are attached, and %s: --detach them first",
				status.unprovisioned);
		return attach_by_move(store, record, target, tools, ret, err);
	}
	ret->were_there = status.attached || status.moved;
	ret->moved = status.moved;
	if (!ret->were_there)
		return attach_new(store, record, target, tools, ret, err);
	rc = check_match(record, tools, must_match, err);
	return rc < 0 ? rc : attach_open_inside(target, &status.tools, ret, err);
}

int attach_tools(const struct store *store, const struct record *record, const struct target *target,
	const char *tools, bool must_match, struct attach_view *ret, struct err *err)
{
	struct record fresh = RECORD_NONE;
	int rc = record->foreign ? adopt(store, record, err) : 0;

	if (rc == 0)
		rc = attach_read_record(store, record, &fresh, err);
	if (rc == 0)
		rc = attach_or_find(store, &fresh, target, tools, must_match, ret, err);
	if (rc < 0 && record->foreign)
		disown(store, record);
	if (rc == 0 && fresh.tools)
		ret->tools = strdup(fresh.tools);
	record_release(&fresh);
	return rc;
}

void attach_view_close(struct attach_view *view)
{
	close_keep_errno(&view->root);
	free_keep_errno(&view->tools);
}
