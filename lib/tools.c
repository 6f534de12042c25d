/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools.h"

#include "caps.h"
#include "err.h"
#include "mnt.h"
#include "mnt_image.h"
#include "ns.h"
#include "path.h"
#include "store.h"
#include "target.h"
#include "userns.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Files of a tree are seen by every container: this type, containers may read and execute (container-selinux). */
static const char *selinux_context(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0 ? "system_u:object_r:container_ro_file_t:s0"
							    : NULL;
}

/* FILE: O_PATH, trusted. The same file is opened for reading, whatever its path leads to now. */
static int mount_image(const struct store *store, int file, const char *path, int *ret, struct err *err)
{
	cleanup_fd int image = FD_NONE;
	char link[32];
	uid_t user;
	int mount;

	if (userns_is_rootless(&user))
		return err_set(
			err, EPERM, "%s: an image takes root, an ordinary user a tree in a directory", path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	image = open(link, O_RDONLY | O_CLOEXEC);
	if (image < 0)
		return err_errno(err, errno, "%s", path);
	mount = mnt_image(image, path, store->empty, selinux_context(), err);
	if (mount < 0)
		return err_prefix(err, "%s", path);
	*ret = mount;
	return 0;
}

static int open_file(const char *path, struct err *err)
{
	int file = open(path, O_PATH | O_CLOEXEC);

	if (file < 0 && errno == ENOENT)
		return err_set(err, ENOENT,
			"tools tree %s: not there: make one with dbg-tools build, or name another with "
			"--tools",
			path);
	return file < 0 ? err_errno(err, errno, "tools tree %s", path) : file;
}

int tools_open(const struct store *store, const char *path, struct tools *ret, struct err *err)
{
	cleanup_tools struct tools tools = TOOLS_NONE;
	cleanup_fd int file = open_file(path, err), bin = FD_NONE;
	struct stat st;

	if (file < 0)
		return file;
	if (path_check_trusted(file, path, err) < 0)
		return -err->number;
	if (fstat(file, &st) < 0)
		return err_errno(err, errno, "%s", path);
	tools.is_image = S_ISREG(st.st_mode);
	if (!tools.is_image)
		tools.root = TAKE_FD(file);
	else if (mount_image(store, file, path, &tools.root, err) < 0)
		return -err->number;
	bin = openat(tools.root, "bin", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bin < 0 && errno != ENOENT && errno != ENOTDIR)
		return err_errno(err, errno, "%s: bin/", path);
	if (bin < 0)
		return err_set(err, ENOTDIR,
			"%s: not a tools tree, it has no bin/: make one with dbg-tools build", path);
	*ret = tools;
	tools = TOOLS_NONE;
	return 0;
}

void tools_close(struct tools *tools)
{
	close_keep_errno(&tools->root);
}

/* Could the container make a mount writable that is read-only by itself alone? */
static bool may_remount(const struct target *target)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct target_status status;

	if (self < 0 || target_read_status(target->proc, &status, ERR_IGNORED) < 0)
		return true;
	return caps_has_sys_admin(status.bounding_set) && ns_is_same(self, target->proc, CLONE_NEWUSER);
}

int tools_mount_layers(const int *trees, size_t count, const struct store *store, const struct target *target,
	struct err *err)
{
	int layers[MNT_LAYER_LIMIT], mount;
	struct err overlay_err = {0};

	if (count >= ARRAY_SIZE(layers))
		return err_set(err, E2BIG, "%zu trees, one upon the other", count);
	memcpy(layers, trees, count * sizeof(*trees));
	layers[count] = store->empty;
	mount = mnt_new_overlay(layers, count + 1, selinux_context(), &overlay_err);
	if (mount >= 0)
		return mount;
	if (may_remount(target))
		return err_set(err, overlay_err.number,
			"%s; and a plain mount would be writable to this container, which may remount it",
			overlay_err.text);
	return mnt_clone_read_only(trees[0], err);
}

int tools_mount(
	const struct tools *tools, const struct store *store, const struct target *target, struct err *err)
{
	int mount;

	if (!tools->is_image)
		return tools_mount_layers(&tools->root, 1, store, target, err);
	mount = fcntl(tools->root, F_DUPFD_CLOEXEC, 0);
	return mount < 0 ? err_errno(err, errno, "hold the image's mount") : mount;
}
