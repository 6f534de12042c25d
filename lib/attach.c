/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"

#include "caps.h"
#include "err.h"
#include "ns.h"
#include "path.h"
#include "plan.h"
#include "record.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Files of a tree are seen by every container: this type, containers may read and execute
 * (container-selinux). */
static const char *selinux_context(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0 ? "system_u:object_r:container_ro_file_t:s0"
							    : NULL;
}

static int look_at_host(
	const struct store *store, struct attach_status *status, dev_t *ret_device, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mnt_identity masters;
	struct mount_entry entry;
	char *cursor;
	int rc = mnt_identify(store->ctr, NULL, &masters);

	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	rc = self < 0 ? err_errno(err, errno, "open /proc/self") : target_read_mounts(self, &table, err);
	if (rc < 0)
		return rc;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if ((unsigned long long)entry.id == masters.mount)
			status->host_group = entry.shared;
	*ret_device = masters.device;
	return 0;
}

static int look_at_container(const char *id, const struct target *target, dev_t masters,
	struct attach_status *status, struct err *err)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;
	int rc = target_read_mounts(target->proc, &table, err);

	if (rc < 0)
		return rc;
	status->unprovisioned = "it has no mount of ours at /dev/crashcart: it was started without the hook, "
				"or skipped (see the log)";
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if (!plan_is_provision(&entry, masters, id) || strcmp(entry.point, "/dev/crashcart") != 0)
			continue;
		status->master = entry.master;
		/* Here the tie alone counts: a container may have remounted what it has, and the tools bring
		 * their own. */
		status->unprovisioned =
			!status->host_group ? "the state directory's mount is not shared"
			: entry.master != status->host_group
				? "its mount at /dev/crashcart does not follow the host's any more"
				: NULL;
	}
	return 0;
}

int attach_look(const struct store *store, const char *id, const struct target *target,
	struct attach_status *ret, struct err *err)
{
	cleanup_fd int master = FD_NONE;
	struct attach_status status = {0};
	struct mnt_identity identity;
	dev_t masters = 0;
	int rc = look_at_host(store, &status, &masters, err);

	if (rc == 0)
		rc = look_at_container(id, target, masters, &status, err);
	if (rc < 0)
		return rc;
	if (store_master(store, id, false, &master, &status.attached, NULL) == 0 && status.attached) {
		rc = mnt_identify(master, NULL, &identity);
		if (rc < 0)
			return err_errno(err, -rc, "look at the tools");
		status.tools_device = identity.device;
	}
	*ret = status;
	return 0;
}

int attach_open_tree(const char *tools, int *ret, struct err *err)
{
	cleanup_fd int tree = open(tools, O_PATH | O_CLOEXEC), bin = FD_NONE;
	struct mnt_identity identity;

	if (tree < 0 && errno == ENOENT)
		return err_set(err, ENOENT,
			"tools tree %s: not there: make one with dbg-tools build, or name another with "
			"--tools",
			tools);
	if (tree < 0)
		return err_errno(err, errno, "tools tree %s", tools);
	if (mnt_identify(tree, NULL, &identity) == 0 && S_ISREG(identity.mode))
		return err_set(
			err, ENOTSUP, "%s: images as tools are not built yet; give a directory", tools);
	if (path_check_trusted(tree, tools, err) < 0)
		return -err->number;
	bin = openat(tree, "bin", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bin < 0)
		return err_set(err, ENOTDIR,
			"%s: not a tools tree, it has no bin/: make one with dbg-tools build", tools);
	*ret = TAKE_FD(tree);
	return 0;
}

/* Could the container make a mount writable that is read-only by itself alone? */
static bool may_remount(const struct target *target)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t bounding_set = 0;

	if (self < 0 || target_bounding_set(target->proc, &bounding_set, NULL) < 0)
		return true;
	return caps_has_sys_admin(bounding_set) && ns_is_same(self, target->proc, CLONE_NEWUSER);
}

static int make_mount(
	const struct store *store, const struct target *target, const char *tools, struct err *err)
{
	cleanup_fd int tree = FD_NONE;
	struct err overlay_err = {0};
	int mount, rc = attach_open_tree(tools, &tree, err);

	if (rc < 0)
		return rc;
	mount = mnt_new_overlay(tree, store->empty, selinux_context(), &overlay_err);
	if (mount >= 0)
		return mount;
	if (may_remount(target))
		return err_set(err, overlay_err.number,
			"%s; and a plain mount would be writable to this container, which may remount it",
			overlay_err.text);
	return mnt_clone_read_only(tree, err);
}

/* The barrier: what the container has at /dev/crashcart has to be the very mount, seen through its own root.
 */
static int open_inside(const struct target *target, dev_t device, struct attach_view *ret, struct err *err)
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
	if (identity.device != device || !identity.is_mount_root)
		return err_set(err, ENOLINK,
			"the tools do not show at /dev/crashcart inside: the container has covered or cut "
			"it");
	ret->root = TAKE_FD(tools);
	ret->identity = identity;
	return 0;
}

static int set_record(const struct store *store, struct record *record, const char *tools, struct err *err)
{
	record->tools = tools;
	return record_write(store->records, record, err);
}

static int attach_new(const struct store *store, struct record *record, const struct target *target,
	const char *tools, struct attach_view *ret, struct err *err)
{
	cleanup_fd int master = FD_NONE, mount = FD_NONE;
	struct mnt_identity identity;
	bool attached;
	int rc = store_master(store, record->id, false, &master, &attached, err);

	if (rc < 0)
		return rc;
	mount = make_mount(store, target, tools, err);
	if (mount < 0)
		return mount;
	rc = mnt_identify(mount, NULL, &identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	rc = mnt_attach(mount, master, err);
	if (rc < 0)
		return rc;
	rc = open_inside(target, identity.device, ret, err);
	if (rc == 0)
		rc = set_record(store, record, tools, err);
	if (rc < 0)
		(void)mnt_detach(store->ctr, record->id, true, NULL);
	return rc;
}

int attach_tools(const struct store *store, struct record *record, const struct target *target,
	const char *tools, struct attach_view *ret, bool *ret_attached, struct err *err)
{
	struct attach_status status;
	int rc = attach_look(store, record->id, target, &status, err);

	if (rc < 0)
		return rc;
	if (status.unprovisioned)
		return err_set(
			err, ENOTSUP, "%s; delivery without the hook is not built yet", status.unprovisioned);
	*ret_attached = !status.attached;
	if (!status.attached)
		return attach_new(store, record, target, tools, ret, err);
	if (tools && record->tools && strcmp(tools, record->tools) != 0)
		return err_set(
			err, EEXIST, "the tools %s are attached already: --detach them first", record->tools);
	return open_inside(target, status.tools_device, ret, err);
}

bool attach_is_tools(const struct mount_entry *entry, dev_t device)
{
	/* A plain mount has the device number of the host's file system, of which the container may have
	 * other binds. */
	return makedev(entry->major, entry->minor) == device &&
	       (strcmp(entry->source, MNT_SOURCE) == 0 || strcmp(entry->point, "/dev/crashcart") == 0);
}

/* One mount of DEVICE that the container still has, at POINT: opened in its root, verified, and taken away
 * from inside. */
static int remove_severed(const struct target *target, const char *point, dev_t device, struct err *err)
{
	cleanup_home struct ns_home home = {FD_NONE, FD_NONE};
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), mount = FD_NONE;
	struct mnt_identity identity;
	int rc = ns_home_open(&home, err);

	if (rc < 0)
		return rc;
	mount = root < 0 ? -errno : path_open_in_root(root, point, O_PATH | O_DIRECTORY);
	if (mount < 0 || mnt_identify(mount, NULL, &identity) < 0 || identity.device != device ||
		!identity.is_mount_root)
		return err_set(
			err, EBUSY, "the container has covered its own copy of the tools at %s", point);
	rc = ns_enter(target->pidfd, CLONE_NEWNS, err);
	if (rc < 0)
		return rc;
	rc = mnt_detach_here(mount, err);
	if (ns_home_return(&home, rc < 0 ? NULL : err) < 0)
		return -ENOTRECOVERABLE;
	return rc;
}

/* "severed copies outlive the host's unmount and pin the tree": believe the container's own table. */
static int remove_from_inside(const struct target *target, dev_t device, struct err *err)
{
	for (int copies = 0; copies < 64; copies++) {
		cleanup_free char *table = NULL;
		struct mount_entry entry;
		bool found = false;
		char *cursor;
		int rc;

		if (target_read_mounts(target->proc, &table, NULL) < 0)
			return 0; /* it has ended */
		for (cursor = table; !found && mountinfo_next(&cursor, &entry);)
			found = attach_is_tools(&entry, device);
		if (!found)
			return 0;
		rc = remove_severed(target, entry.point, device, err);
		if (rc < 0)
			return rc;
	}
	return err_set(err, EBUSY, "the container has too many copies of the tools' mount");
}

int attach_remove(const struct store *store, struct record *record, const struct target *target, bool lazy,
	bool *ret_detached, struct err *err)
{
	struct mnt_identity identity = {0};
	cleanup_fd int master = FD_NONE;
	bool attached = false;
	int rc = store_master(store, record->id, false, &master, &attached, NULL);

	*ret_detached = rc == 0 && attached;
	if (!*ret_detached)
		return 0;
	rc = mnt_identify(master, NULL, &identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the tools");
	close_keep_errno(&master);
	rc = mnt_detach(store->ctr, record->id, lazy, err);
	if (rc < 0)
		return rc;
	rc = target ? remove_from_inside(target, identity.device, err) : 0;
	return rc < 0 ? rc : set_record(store, record, NULL, err);
}
