/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "root.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "sys.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

/* What the descriptor FD is open on, by the host's name. */
static char *name_of(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path));
	if (length < 0 || (size_t)length >= sizeof(path)) {
		errno = length < 0 ? errno : ENAMETOOLONG;
		return NULL;
	}
	return strndup(path, (size_t)length);
}

static bool is_our_root(int fd)
{
	cleanup_fd int ours = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mnt_identity one, other;

	return ours >= 0 && mnt_identify(ours, NULL, &one) == 0 && mnt_identify(fd, NULL, &other) == 0 &&
	       one.mount == other.mount && one.device == other.device && one.inode == other.inode;
}

int root_open(const char *directory, struct root *ret, struct err *err)
{
	struct root root = {.fd = open(directory ?: "/", O_PATH | O_DIRECTORY | O_CLOEXEC)};

	if (root.fd < 0)
		return err_errno(err, errno, "open the root directory %s", directory ?: "/");
	root.path = name_of(root.fd);
	if (!root.path) {
		err_errno(err, errno, "%s", directory ?: "/");
		root_close(&root);
		return -err->number;
	}
	if (strcmp(root.path, "/") == 0)
		root.path[0] = '\0';
	root.is_host = !directory || is_our_root(root.fd);
	*ret = root;
	return 0;
}

void root_close(struct root *root)
{
	close_keep_errno(&root->fd);
	free_keep_errno(&root->path);
}

bool root_is_host(const struct root *root)
{
	return root->is_host;
}

/* Proc and sysfs say more to root of the host than to whose root file system it is, and reading their files may do something. */
static bool is_of_kernel(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC;
}

static int open_again(int fd, int flags)
{
	char link[64];
	int opened;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	opened = open(link, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return opened < 0 ? -errno : opened;
}

int root_open_file(const struct root *root, const char *path, int flags)
{
	cleanup_fd int fd = sys_openat2(
		root->fd, path, O_PATH | (flags & O_DIRECTORY), RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	struct stat st;

	if (fd < 0 || flags & O_PATH)
		return TAKE_FD(fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return TAKE_FD(fd);
	return is_of_kernel(fd) ? -EACCES : open_again(fd, flags);
}

int root_stat(const struct root *root, const char *path, struct stat *ret)
{
	cleanup_fd int fd = root_open_file(root, path, O_PATH);

	if (fd < 0)
		return fd;
	return fstat(fd, ret) < 0 ? -errno : 0;
}

int root_real(const struct root *root, const char *path, char **ret)
{
	cleanup_fd int fd = root_open_file(root, path, O_PATH);
	cleanup_free char *name = fd < 0 ? NULL : name_of(fd);
	size_t length = strlen(root->path);

	if (fd < 0)
		return fd;
	if (!name)
		return -errno;
	/* It could have been moved out of the root meanwhile. */
	if (strncmp(name, root->path, length) != 0 || name[length] != '/')
		return -EXDEV;
	*ret = strdup(name + length);
	return *ret ? 0 : -ENOMEM;
}

int root_read(const struct root *root, const char *path, size_t limit, char **ret_text, size_t *ret_length,
	struct err *err)
{
	cleanup_fd int fd = root_open_file(root, path, O_RDONLY);
	struct stat st;

	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (io_read_all(fd, limit, ret_text, ret_length, err) < 0)
		return err_prefix(err, "%s", path);
	return 0;
}

DIR *root_open_directory(const struct root *root, const char *path)
{
	cleanup_fd int fd = root_open_file(root, path, O_RDONLY | O_DIRECTORY);
	DIR *directory;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	directory = fdopendir(fd);
	if (directory)
		fd = FD_NONE;
	return directory;
}

/* glob(3) takes functions in place of its system calls, but no context for them. */
static const struct root *globbed;
static size_t glob_steps;

/* Links that lead to a directory above them make each level of a pattern match many times as much as the one before it. */
static bool is_beyond_limit(void)
{
	if (glob_steps++ < ROOT_GLOB_LIMIT)
		return false;
	errno = E2BIG;
	return true;
}

static int glob_error(const char *path, int number)
{
	(void)path;
	return number == E2BIG;
}

static void *glob_opendir(const char *path)
{
	return is_beyond_limit() ? NULL : root_open_directory(globbed, path);
}

static struct dirent *glob_readdir(void *directory)
{
	return is_beyond_limit() ? NULL : readdir(directory);
}

static void glob_closedir(void *directory)
{
	closedir(directory);
}

static int glob_stat(const char *path, struct stat *ret)
{
	int rc = is_beyond_limit() ? -E2BIG : root_stat(globbed, path, ret);

	errno = rc < 0 ? -rc : errno;
	return rc < 0 ? -1 : 0;
}

int root_glob(const struct root *root, const char *pattern, glob_t *ret, struct err *err)
{
	int status;

	ret->gl_opendir = glob_opendir;
	ret->gl_readdir = glob_readdir;
	ret->gl_closedir = glob_closedir;
	ret->gl_stat = glob_stat;
	ret->gl_lstat = glob_stat;
	globbed = root;
	glob_steps = 0;
	status = glob(pattern, GLOB_ALTDIRFUNC, glob_error, ret);
	if (status == GLOB_NOSPACE)
		return err_errno(err, ENOMEM, "%s", pattern);
	if (glob_steps > ROOT_GLOB_LIMIT)
		return err_set(err, E2BIG, "%s: more than %d files are in the way", pattern, ROOT_GLOB_LIMIT);
	return status == 0 ? 0 : -ENOENT;
}
