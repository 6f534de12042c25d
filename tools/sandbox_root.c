/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mnt.h"
#include "sandbox_init.h"
#include "sys.h"
#include "util.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define TREE "dev/crashcart"

static int make_directories(struct err *err)
{
	static const char *const directories[] = {"proc", "dev", "dev/pts", TREE};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdir(directories[i], 0755) < 0)
			return err_errno(err, errno, "mkdir %s", directories[i]);
	return 0;
}

/* As every container has them. */
static int make_links(struct err *err)
{
	static const char *const links[][2] = {
		{"pts/ptmx", "dev/ptmx"},
		{"/proc/self/fd", "dev/fd"},
		{"/proc/self/fd/0", "dev/stdin"},
		{"/proc/self/fd/1", "dev/stdout"},
		{"/proc/self/fd/2", "dev/stderr"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlink(links[i][0], links[i][1]) < 0)
			return err_errno(err, errno, "make the link %s", links[i][1]);
	return 0;
}

/* The host's own nodes: in a user namespace none can be made. What the host lacks is left out. */
static int bind_nodes(struct err *err)
{
	static const char *const nodes[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		cleanup_fd int fd = FD_NONE;

		if (access(nodes[i], F_OK) < 0)
			continue;
		fd = open(nodes[i] + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
		if (fd < 0)
			return err_errno(err, errno, "make %s", nodes[i]);
		if (mount(nodes[i], nodes[i] + 1, NULL, MS_BIND, NULL) < 0)
			return err_errno(err, errno, "bind %s", nodes[i]);
	}
	return 0;
}

static int mount_file_systems(struct err *err)
{
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		/* The kernel wants to see a /proc here of which nothing is hidden (mount_too_revealing). */
		return err_errno(
			err, errno, "mount a /proc (in a container that hides parts of its own, it cannot)");
	if (mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		    "newinstance,ptmxmode=0666,mode=0620") < 0)
		return err_errno(err, errno, "mount devpts");
	return 0;
}

/* What /proc lets root of the host do, and no namespace is in the way of: as runtimes do for containers. */
static int protect_proc(struct err *err)
{
	static const char *const paths[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (access(paths[i], F_OK) < 0)
			continue;
		if (mount(paths[i], paths[i], NULL, MS_BIND, NULL) < 0 ||
			mount(NULL, paths[i], NULL,
				MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
				NULL) < 0)
			return err_errno(err, errno, "make /%s read-only", paths[i]);
	}
	return 0;
}

static int attach_tree(int mount, struct err *err)
{
	cleanup_fd int place = open(TREE, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (place < 0)
		return err_errno(err, errno, "open " TREE);
	return mnt_attach(mount, place, err);
}

/* Both at the same place: what was the root is then below the new one, and goes (pivot_root(2), NOTES). */
static int change_root(struct err *err)
{
	if (mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		return err_errno(err, errno, "make the root read-only");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return err_errno(err, errno, "change the root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_errno(err, errno, "leave the old root");
	return 0;
}

static int fill(int tree, bool user_namespace, struct err *err)
{
	int rc = make_directories(err);

	if (rc == 0)
		rc = make_links(err);
	if (rc == 0)
		rc = bind_nodes(err);
	if (rc == 0)
		rc = mount_file_systems(err);
	if (rc == 0 && !user_namespace)
		rc = protect_proc(err);
	return rc == 0 ? attach_tree(tree, err) : rc;
}

/* The root and the working directory move into the copy of the mount namespace; descriptors do not. */
static int copy_mounts(int *ret_tree, struct err *err)
{
	cleanup_fd int root = FD_NONE, here = FD_NONE;
	int tree;

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, errno, "a mount namespace");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || here < 0)
		return err_errno(err, errno, "open the directories in the new mount namespace");
	if (mnt_make_private(root, err) < 0)
		return -err->number;
	tree = mnt_clone_read_only(here, err);
	if (tree < 0)
		return tree;
	*ret_tree = tree;
	return 0;
}

int sandbox_make_root(bool user_namespace, struct err *err)
{
	cleanup_fd int tree = FD_NONE;
	int rc = copy_mounts(&tree, err);

	if (rc < 0)
		return rc;
	umask(0);
	/* Any directory that is sure to be there: none but us sees it. */
	if (mount("tmpfs", "/proc", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,nr_inodes=64,mode=0755") < 0)
		return err_errno(err, errno, "mount a tmpfs");
	if (chdir("/proc") < 0)
		return err_errno(err, errno, "change to the tmpfs");
	rc = fill(tree, user_namespace, err);
	if (rc == 0)
		rc = change_root(err);
	umask(022);
	return rc;
}
