/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle.h"

#include "err.h"
#include "io.h"
#include "state.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define CONFIG "config.json"
#define TEMPORARY ".config.json.oci-crashcart"
enum { PLACE_TRIES = 16 };

int bundle_open(const char *path, struct bundle *ret, struct err *err)
{
	cleanup_bundle struct bundle bundle = BUNDLE_NONE;
	struct stat st;
	int rc;

	bundle.path = realpath(path ? path : ".", NULL);
	if (!bundle.path)
		return err_errno(err, errno, "bundle %s", path ? path : ".");
	bundle.dir = open(bundle.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bundle.dir < 0)
		return err_errno(err, errno, "bundle %s", bundle.path);
	unlinkat(bundle.dir, TEMPORARY, 0);
	rc = io_read_file(bundle.dir, CONFIG, CONFIG_SIZE_LIMIT, &bundle.text, &bundle.length, err);
	if (rc < 0)
		return err_prefix(err, "bundle %s", bundle.path);
	if (fstatat(bundle.dir, CONFIG, &st, AT_SYMLINK_NOFOLLOW) == 0)
		bundle.inode = st.st_ino;
	*ret = bundle;
	bundle = BUNDLE_NONE;
	return 0;
}

void bundle_sweep(const char *path)
{
	cleanup_fd int dir = open(path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		unlinkat(dir, TEMPORARY, 0);
}

void bundle_close(struct bundle *bundle)
{
	close_keep_errno(&bundle->dir);
	free_keep_errno(&bundle->path);
	free_keep_errno(&bundle->text);
}

/* A file without a name, complete. */
static int write_unnamed(const struct bundle *bundle, const struct stat *old, const char *text, size_t length)
{
	cleanup_fd int fd = openat(bundle->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = io_write_all(fd, text, length);
	if (rc == 0 && (fchown(fd, old->st_uid, old->st_gid) < 0 || fchmod(fd, old->st_mode & 0777) < 0))
		rc = -errno;
	return rc < 0 ? rc : TAKE_FD(fd);
}

/*
 * One name for all: what a killed call has left goes at the next, and does not add up. Two calls for one bundle may take it
 * from each other, but what has it is a complete file at any time.
 */
static int place(const struct bundle *bundle, int fd)
{
	char unnamed[32];

	snprintf(unnamed, sizeof(unnamed), "/proc/self/fd/%d", fd);
	for (int tries = 0; tries < PLACE_TRIES; tries++) {
		if (linkat(AT_FDCWD, unnamed, bundle->dir, TEMPORARY, AT_SYMLINK_FOLLOW) == 0 &&
			renameat(bundle->dir, TEMPORARY, bundle->dir, CONFIG) == 0)
			return 0;
		if (errno != EEXIST && errno != ENOENT)
			break;
		unlinkat(bundle->dir, TEMPORARY, 0);
		errno = EBUSY;
	}
	return -errno;
}

int bundle_replace(const struct bundle *bundle, const char *text, size_t length, struct err *err)
{
	cleanup_fd int fd = FD_NONE;
	struct stat now;
	int rc;

	if (fstatat(bundle->dir, CONFIG, &now, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(now.st_mode) ||
		now.st_ino != bundle->inode || now.st_size != (off_t)bundle->length)
		return err_set(err, ESTALE, "bundle %s: " CONFIG " has been changed meanwhile", bundle->path);
	fd = write_unnamed(bundle, &now, text, length);
	rc = fd < 0 ? fd : place(bundle, fd);
	if (rc < 0) {
		unlinkat(bundle->dir, TEMPORARY, 0);
		return err_errno(err, -rc, "bundle %s: replace " CONFIG, bundle->path);
	}
	return 0;
}
