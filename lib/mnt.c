/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mnt.h"

#include "err.h"
#include "sys.h"
#include "util.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { STATX_DONT_SYNC = 0x4000 }; /* AT_STATX_DONT_SYNC, of <linux/fcntl.h> */

/* <linux/mount.h> has these from 5.12 on, but <sys/mount.h> of some C libraries claims the names. */
enum { PROPAGATE_PRIVATE = 1 << 18, PROPAGATE_SLAVE = 1 << 19, PROPAGATE_SHARED = 1 << 20 };

static int identify(int fd, const char *name, int flags, struct mnt_identity *ret)
{
	struct statx st;
	int rc = sys_statx(fd, name, flags | STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st);

	if (rc < 0)
		return rc;
	if (!(st.stx_mask & STATX_MNT_ID) || !(st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return -ENOTSUP;
	*ret = (struct mnt_identity){
		.device = makedev(st.stx_dev_major, st.stx_dev_minor),
		.inode = st.stx_ino,
		.mount = st.stx_mnt_id,
		.is_mount_root = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
		.mode = st.stx_mode,
		.uid = st.stx_uid,
		.gid = st.stx_gid,
	};
	return 0;
}

int mnt_identify(int fd, const char *name, struct mnt_identity *ret)
{
	return identify(fd, name ? name : "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, ret);
}

int mnt_identify_link(int fd, const char *name, struct mnt_identity *ret)
{
	return identify(fd, name, 0, ret);
}

unsigned long long mnt_unique(int fd)
{
	struct statx st;

	if (sys_statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, SYS_STATX_MNT_ID_UNIQUE, &st) < 0)
		return 0;
	return st.stx_mask & SYS_STATX_MNT_ID_UNIQUE ? st.stx_mnt_id : 0;
}

struct setting {
	unsigned int command;
	const char *key, *value;
};

/* A new file system of TYPE with SETTINGS (those with a null key are left out), as a detached mount with
 * ATTRIBUTES. */
static int new_file_system(const char *type, const struct setting *settings, size_t count,
	unsigned int attributes, struct err *err)
{
	cleanup_fd int fs = sys_fsopen(type);
	int rc;

	if (fs < 0)
		return err_errno(err, -fs, "a new %s file system", type);
	for (size_t i = 0; i < count; i++) {
		if (!settings[i].key)
			continue;
		rc = sys_fsconfig(fs, settings[i].command, settings[i].key, settings[i].value);
		if (rc < 0)
			return err_errno(err, -rc, "%s: option %s", type, settings[i].key);
	}
	rc = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (rc < 0)
		return err_errno(err, -rc, "make a %s file system", type);
	rc = sys_fsmount(fs, attributes);
	return rc < 0 ? err_errno(err, -rc, "mount a %s file system", type) : rc;
}

int mnt_new_tmpfs(const char *size, const char *inodes, struct err *err)
{
	const struct setting settings[] = {
		{FSCONFIG_SET_STRING, "source", MNT_SOURCE},
		{FSCONFIG_SET_STRING, "size", size},
		{FSCONFIG_SET_STRING, "nr_inodes", inodes},
		{FSCONFIG_SET_STRING, "mode", "0711"},
	};
	cleanup_fd int mount = new_file_system("tmpfs", settings, ARRAY_SIZE(settings),
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	int rc;

	if (mount < 0)
		return mount;
	rc = sys_mount_setattr(mount, 0, 0, PROPAGATE_SHARED);
	if (rc < 0)
		return err_errno(err, -rc, "make the tmpfs shared");
	return TAKE_FD(mount);
}

static int clone_with(int fd, unsigned int attributes, uint64_t propagation, struct err *err)
{
	cleanup_fd int mount = sys_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	int rc;

	if (mount < 0)
		return err_errno(err, -mount, "clone a mount");
	rc = sys_mount_setattr(mount, 0, attributes, propagation);
	if (rc < 0)
		return err_errno(err, -rc, "set the attributes of a cloned mount");
	return TAKE_FD(mount);
}

int mnt_clone_slave(int fd, struct err *err)
{
	return clone_with(fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
		PROPAGATE_SLAVE, err);
}

int mnt_clone_read_only(int tree, struct err *err)
{
	return clone_with(
		tree, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, PROPAGATE_PRIVATE, err);
}

int mnt_attach(int mount, int target, struct err *err)
{
	int rc = sys_move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

	return rc < 0 ? err_errno(err, -rc, "attach the mount") : 0;
}

int mnt_tie(int slave, int target, struct err *err)
{
	int rc = sys_move_mount(slave, "", target, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_SET_GROUP);

	return rc < 0 ? err_errno(err, -rc, "tie the mount to its master") : 0;
}

/* Where it cannot be told: no. */
static bool are_on_one_device(const int *layers, size_t count)
{
	struct mnt_identity first, other;

	if (!count || mnt_identify(layers[0], NULL, &first) < 0)
		return false;
	for (size_t i = 1; i < count; i++)
		if (mnt_identify(layers[i], NULL, &other) < 0 || other.device != first.device)
			return false;
	return true;
}

int mnt_new_overlay(const int *layers, size_t count, const char *context, struct err *err)
{
	char paths[MNT_LAYER_LIMIT * sizeof(":/proc/self/fd/2147483647")] = "";
	size_t used = 0;
	/*
	 * By descriptor, not by path: nothing is resolved twice, no character of a path needs escaping, and
	 * the container's mount table does not tell where on the host the tree is. xino: files have the
	 * overlay's own device number although the layers lie on two file systems, so that users of the tools
	 * can be told. On one they have it in any case, and the kernel's log would say at each mount that it
	 * is useless.
	 */
	const struct setting settings[] = {
		{FSCONFIG_SET_STRING, "source", MNT_SOURCE},
		{FSCONFIG_SET_STRING, "lowerdir", paths},
		{FSCONFIG_SET_STRING, are_on_one_device(layers, count) ? NULL : "xino", "on"},
		{FSCONFIG_SET_STRING, "redirect_dir",
			"nofollow"}, /* a tree has no such marks to be followed */
		{FSCONFIG_SET_STRING, context ? "context" : NULL, context},
	};

	if (count > MNT_LAYER_LIMIT)
		return err_set(err, E2BIG, "an overlay of %zu layers", count);
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(
			paths + used, sizeof(paths) - used, "%s/proc/self/fd/%d", i ? ":" : "", layers[i]);
	return new_file_system("overlay", settings, ARRAY_SIZE(settings),
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
}

int mnt_make_private(int root, struct err *err)
{
	int rc = sys_mount_setattr(root, AT_RECURSIVE, 0, PROPAGATE_PRIVATE);

	return rc < 0 ? err_errno(err, -rc, "make the mounts private") : 0;
}

int mnt_make_slave(int root, struct err *err)
{
	int rc = sys_mount_setattr(root, AT_RECURSIVE, 0, PROPAGATE_SLAVE);

	return rc < 0 ? err_errno(err, -rc, "make the mounts slaves") : 0;
}

int mnt_make_one_private(int root, struct err *err)
{
	int rc = sys_mount_setattr(root, 0, 0, PROPAGATE_PRIVATE);

	return rc < 0 ? err_errno(err, -rc, "make the mount private") : 0;
}

int mnt_new_directory(const char *mode, struct err *err)
{
	const struct setting settings[] = {
		{FSCONFIG_SET_STRING, "source", MNT_SOURCE},
		{FSCONFIG_SET_STRING, "size", "64k"},
		{FSCONFIG_SET_STRING, "nr_inodes", "4096"},
		{FSCONFIG_SET_STRING, "mode", mode},
	};

	return new_file_system("tmpfs", settings, ARRAY_SIZE(settings),
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
}

int mnt_clone_tree(int fd, struct err *err)
{
	int mount = sys_open_tree(fd, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);

	return mount < 0 ? err_errno(err, -mount, "clone a mount") : mount;
}

int mnt_detach(int fd, const char *name, bool lazy, struct err *err)
{
	char path[320];
	int rc;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", fd, name);
	rc = sys_umount(path, SYS_UMOUNT_NOFOLLOW | (lazy ? SYS_UMOUNT_LAZY : 0));
	return rc < 0 ? err_errno(err, -rc, "unmount %s", name) : 0;
}

int mnt_detach_here(int root, struct err *err)
{
	int rc;

	/* umount2 takes no descriptor; "." is the one path that no one else can turn. */
	if (fchdir(root) < 0)
		return err_errno(err, errno, "change to the mount");
	rc = sys_umount(".", SYS_UMOUNT_LAZY);
	return rc < 0 ? err_errno(err, -rc, "unmount") : 0;
}
