/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "path.h"

#include "err.h"
#include "sys.h"
#include "userns.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

int path_open_in_root(int dirfd, const char *path, int flags)
{
	return sys_openat2(dirfd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int path_open_beneath(int dirfd, const char *path, int flags)
{
	return sys_openat2(dirfd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int path_make_directory(int dirfd, const char *name, unsigned int mode, int *ret_fd, struct err *err)
{
	bool made = mkdirat(dirfd, name, mode) == 0;
	cleanup_fd int fd = FD_NONE;

	if (!made && errno != EEXIST)
		return err_errno(err, errno, "mkdir %s", name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "open %s", name);
	if (made && fchmod(fd, mode) < 0)
		return err_errno(err, errno, "chmod %s", name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int path_check_stat(const struct stat *st, const char *name, struct err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() && !userns_is_node_root(st->st_uid))
		return err_set(err, EPERM, "%s: owned by uid %u, not by root: not trusted", name, st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, EPERM, "%s: writable by others (mode %04o): not trusted", name,
			st->st_mode & 07777);
	return 0;
}

int path_check_trusted(int fd, const char *name, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", name);
	return path_check_stat(&st, name, err);
}

bool path_is_id(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	size_t length = strlen(text);

	return length > 0 && length <= 200 && text[0] != '.' && text[0] != '-' &&
	       strspn(text, allowed) == length;
}

bool path_is_whole_id(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}
