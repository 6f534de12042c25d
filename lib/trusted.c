/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trusted.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "userns.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* In one call, where nobody writes to it meanwhile. 1: it is longer than SIZE. */
static int read_size(int fd, size_t size, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_free char *text = malloc(size + 2);
	ssize_t got;

	if (!text)
		return err_errno(err, ENOMEM, "read");
	do
		got = read(fd, text, size + 1);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, errno, "read");
	if ((size_t)got > size)
		return 1;
	text[got] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_length = (size_t)got;
	return 0;
}

static int read_regular(int fd, const char *path, const struct stat *st, size_t limit, char **ret_text,
	size_t *ret_length, struct err *err)
{
	int rc = 1;

	if (!S_ISREG(st->st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", path);
	if ((uint64_t)st->st_size <= limit)
		rc = read_size(fd, (size_t)st->st_size, ret_text, ret_length, err);
	if (rc > 0)
		rc = lseek(fd, 0, SEEK_SET) < 0 ? err_errno(err, errno, "read")
						: io_read_all(fd, limit, ret_text, ret_length, err);
	return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

static int stat_and_read(
	int fd, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", path);
	return read_regular(fd, path, &st, limit, ret_text, ret_length, err);
}

int trusted_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = trusted_open(root, path, O_RDONLY, err);

	return fd < 0 ? fd : stat_and_read(fd, path, limit, ret_text, ret_length, err);
}

int trusted_read_any(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = path_open_in_root(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	return stat_and_read(fd, path, limit, ret_text, ret_length, err);
}

int trusted_read_beneath(
	int directory, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = path_open_beneath(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", path);
	if (path_check_stat(&st, path, err) < 0)
		return -EPERM;
	return read_regular(fd, path, &st, limit, ret_text, ret_length, err);
}

int trusted_read_in(int directory, const char *name, const char *file, size_t limit, char **ret_text,
	size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = FD_NONE;
	char path[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", name, file) >= sizeof(path))
		return err_errno(err, ENAMETOOLONG, "%s", name);
	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "stat %s", name);
	if (!S_ISDIR(st.st_mode) || !is_believed(&st, true))
		return err_set(err, EPERM, "%s: not a directory that root alone may write to", name);
	fd = path_open_beneath(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, -fd, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", path);
	if (!is_believed(&st, false))
		return err_set(err, EPERM, "%s: others than root may write to it: not trusted", path);
	return read_regular(fd, path, &st, limit, ret_text, ret_length, err);
}
