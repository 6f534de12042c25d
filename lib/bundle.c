/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "state.h"
#include "util.h"

#include <fcntl.h>
#include <sys/stat.h>

static int read_config(int directory, char **ret_text, size_t *ret_length, struct err *err)
{
	/* O_NONBLOCK: the open of a FIFO returns at once. */
	cleanup_fd int fd =
		openat(directory, "config.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "config.json");
	rc = path_check_trusted(fd, "config.json", err);
	if (rc < 0)
		return rc;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "config.json: not a regular file");
	if (io_read_all(fd, CONFIG_SIZE_LIMIT, ret_text, ret_length, err) < 0)
		return err_prefix(err, "config.json");
	return 0;
}

static int check_directory(int directory, uid_t container_root, struct err *err)
{
	struct stat st;

	if (fstat(directory, &st) == 0 && st.st_uid == container_root && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return path_check_trusted(directory, "the directory", err);
}

int bundle_read_config(
	const char *bundle, uid_t container_root, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int directory = open(bundle, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (directory < 0)
		return err_errno(err, errno, "the bundle %s", bundle);
	rc = check_directory(directory, container_root, err);
	if (rc == 0)
		rc = read_config(directory, ret_text, ret_length, err);
	return rc < 0 ? err_prefix(err, "the bundle %s", bundle) : 0;
}
