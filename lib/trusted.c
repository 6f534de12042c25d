/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trusted.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "userns.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_believed(const struct stat *st, bool on_the_way)
{
	bool sticky = on_the_way && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
	mode_t others = st->st_gid == 0 ? S_IWOTH : S_IWGRP | S_IWOTH;

	if (st->st_uid != 0 && st->st_uid != geteuid() && !userns_is_node_root(st->st_uid))
		return false;
	return S_ISLNK(st->st_mode) || sticky || !(st->st_mode & others);
}

/* What PATH is, and where it is a link, what that leads to. Links of others are refused, and so are their places. */
static int check(int root, const char *path, bool on_the_way, struct err *err)
{
	static const int ways[] = {O_PATH | O_NOFOLLOW, O_PATH};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		cleanup_fd int fd = path_open_in_root(root, path, ways[i]);
		struct stat st;

		if (fd < 0)
			return err_errno(err, -fd, "open %s", path);
		if (fstat(fd, &st) < 0)
			return err_errno(err, errno, "stat %s", path);
		if (!is_believed(&st, on_the_way))
			return err_set(err, EPERM, "%s: others than root may write to it: not trusted", path);
		if (!S_ISLNK(st.st_mode))
			break;
	}
	return 0;
}

int trusted_open(int root, const char *path, int flags, struct err *err)
{
	char part[PATH_MAX];
	int fd;

	if (path[0] != '/' || (size_t)snprintf(part, sizeof(part), "%s", path) >= sizeof(part))
		return err_set(err, EINVAL, "%s: not an absolute path", path);
	fd = path_open_in_root(root, path, O_PATH);
	if (fd < 0) /* most of what is asked for is not there: then one call is enough */
		return err_errno(err, -fd, "open %s", path);
	close(fd);
	/* From the top: what is not to be changed by others there, they cannot put anything else below. */
	for (size_t i = 1; part[i]; i++) {
		int rc = 0;

		if (part[i] != '/')
			continue;
		part[i] = '\0';
		rc = check(root, part, true, err);
		part[i] = '/';
		if (rc < 0)
			return rc;
	}
	if (check(root, path, false, err) < 0)
		return -err->number;
	fd = path_open_in_root(root, path, flags | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? err_errno(err, -fd, "open %s", path) : fd;
}

static int read_regular(
	int fd, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if (io_read_all(fd, limit, ret_text, ret_length, err) < 0)
		return err_prefix(err, "%s", path);
	return 0;
}

int trusted_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = trusted_open(root, path, O_RDONLY, err);

	return fd < 0 ? fd : read_regular(fd, path, limit, ret_text, ret_length, err);
}

int trusted_read_any(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = path_open_in_root(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	return read_regular(fd, path, limit, ret_text, ret_length, err);
}

int trusted_read_beneath(
	int directory, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = path_open_beneath(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	if (path_check_trusted(fd, path, err) < 0)
		return -EPERM;
	return read_regular(fd, path, limit, ret_text, ret_length, err);
}
