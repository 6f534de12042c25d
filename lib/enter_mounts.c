/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enter_child.h"

#include "io.h"
#include "path.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { DEV_ENTRIES = 1024, DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int open_root(int *ret, struct err *err)
{
	*ret = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_errno(err, errno, "open the root directory of the copy") : 0;
}

/* The container's /dev in the copy. No name of the container's is followed twice, and no link at all. */
static int open_dev(int root, int *ret, struct err *err)
{
	int dev = path_open_beneath(root, "dev", DIRECTORY);

	if (dev == -ENOENT || dev == -ELOOP || dev == -ENOTDIR)
		return err_set(err, -dev,
			"/dev in the container is %s: tools cannot be brought there, not even for this "
			"session",
			dev == -ENOENT ? "not there" : "no directory, or a link");
	if (dev < 0)
		return err_errno(err, -dev, "/dev in the container");
	*ret = dev;
	return 0;
}

static bool is_mount(int fd)
{
	struct mnt_identity identity;

	return mnt_identify(fd, NULL, &identity) == 0 && identity.is_mount_root;
}

static int copy_link(int old, int dev, const char *name, struct err *err)
{
	char target[4096];
	ssize_t length = readlinkat(old, "", target, sizeof(target) - 1);

	if (length < 0)
		return err_errno(err, errno, "read the link /dev/%s", name);
	target[length] = '\0';
	return symlinkat(target, dev, name) < 0 ? err_errno(err, errno, "copy the link /dev/%s", name) : 0;
}

/* The directory or file NAME below DEV, for a mount. */
static int make_place(int dev, const char *name, mode_t type, int *ret, struct err *err)
{
	int rc = S_ISDIR(type) ? mkdirat(dev, name, 0755) : mknodat(dev, name, S_IFREG | 0644, 0);

	if (rc < 0)
		return err_errno(err, errno, "make a place for /dev/%s", name);
	rc = path_open_beneath(dev, name, O_PATH | O_NOFOLLOW);
	if (rc < 0)
		return err_errno(err, -rc, "open the place for /dev/%s", name);
	*ret = rc;
	return 0;
}

/* NAME of the old /dev, with what is mounted on it and below, in the new one. What is gone meanwhile is passed over. */
static int copy_entry(int old_dev, int dev, const char *name, struct err *err)
{
	cleanup_fd int old = path_open_beneath(old_dev, name, O_PATH | O_NOFOLLOW), mount = FD_NONE;
	cleanup_fd int place = FD_NONE;
	struct stat st;
	int rc;

	if (old == -ENOENT)
		return 0;
	if (old < 0)
		return err_errno(err, -old, "open /dev/%s", name);
	if (fstat(old, &st) < 0)
		return err_errno(err, errno, "look at /dev/%s", name);
	if (S_ISLNK(st.st_mode))
		return copy_link(old, dev, name, err);
	mount = mnt_clone_tree(old, err);
	rc = mount < 0 ? mount : make_place(dev, name, st.st_mode, &place, err);
	if (rc == 0)
		rc = mnt_attach(mount, place, err);
	return rc < 0 ? err_prefix(err, "/dev/%s", name) : 0;
}

static bool is_copied(const char *name)
{
	return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strcmp(name, "crashcart") != 0;
}

static int copy_entries(DIR *stream, int old_dev, int dev, struct err *err)
{
	struct dirent *entry;
	int count = 0, rc = 0;

	while (rc == 0 && (entry = readdir(stream))) {
		if (!is_copied(entry->d_name))
			continue;
		rc = count++ < DEV_ENTRIES ? copy_entry(old_dev, dev, entry->d_name, err)
					   : err_set(err, E2BIG, "the container's /dev has too many files");
	}
	return rc;
}

/*
 * A /dev of the session's own over the container's: each node and directory is the container's, so what comes and goes in
 * /dev/shm or /dev/pts is seen; new names in /dev itself are not. The tools are in a directory that no one can remove.
 * Its files are made by the root of the user namespace that it belongs to; another one's ids it cannot hold (EOVERFLOW).
 */
static int new_dev(int old_dev, int cover, struct err *err)
{
	cleanup_fd int dev = FD_NONE, place = FD_NONE;
	DIR *stream = io_open_stream(old_dev, ".");
	int rc;

	if (!stream)
		return err_errno(err, errno, "read the container's /dev");
	(void)setfsgid(0);
	(void)setfsuid(0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* as after any change of credentials */
	dev = mnt_new_directory("0755", err);
	rc = dev < 0 ? dev : mnt_attach(dev, old_dev, err);
	if (rc == 0)
		rc = copy_entries(stream, old_dev, dev, err);
	closedir(stream);
	if (rc == 0)
		rc = make_place(dev, "crashcart", S_IFDIR, &place, err);
	return rc == 0 ? mnt_attach(cover, place, err) : rc;
}

/*
 * A mount on /dev/crashcart keeps its directory from being removed. What the container mounts on a mount whose slave ours
 * is comes to lie beneath the tools (since Linux 4.11); but on /dev itself it would come above them, so that is private.
 */
static int cover_tools(int root, const struct enter *enter, struct err *err)
{
	cleanup_fd int dev = FD_NONE, place = FD_NONE;
	int rc = open_dev(root, &dev, err);

	if (rc < 0)
		return rc;
	if (enter->own_dev)
		return new_dev(dev, enter->cover, err);
	place = path_open_beneath(dev, "crashcart", DIRECTORY);
	if (place < 0)
		return err_errno(
			err, -place, "/dev/crashcart inside is no directory that tools can go to any more");
	if (!is_mount(place) || !is_mount(dev))
		return new_dev(dev, enter->cover, err);
	rc = mnt_make_one_private(dev, err);
	return rc == 0 ? mnt_attach(enter->cover, place, err) : rc;
}

/*
 * What the container has mounted on a directory or file of the tools would be run in its place, and nothing of it shows at
 * their root: a clone of the one mount has none of it.
 */
static int show_tools_alone(int root, struct err *err)
{
	cleanup_fd int tools = path_open_beneath(root, "dev/crashcart", DIRECTORY), mount = FD_NONE;

	if (tools < 0)
		return err_errno(err, -tools, "/dev/crashcart inside");
	mount = mnt_clone_read_only(tools, err);
	return mount < 0 ? mount : mnt_attach(mount, tools, err);
}

int enter_copy_mounts(const struct enter *enter, struct err *err)
{
	cleanup_fd int root = FD_NONE;
	int rc;

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, errno, "copy the container's mount namespace");
	rc = open_root(&root, err);
	/* Unless it is asked to follow, private: a slave would be told of what covers the tools. */
	if (rc == 0)
		rc = enter->follow ? mnt_make_slave(root, err) : mnt_make_private(root, err);
	if (rc < 0)
		return rc;
	return enter->cover >= 0 ? cover_tools(root, enter, err) : show_tools_alone(root, err);
}
