/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is of a container taken away, whatever that has made of its master. */
#include "store.h"

#include "baseline.h"
#include "err.h"
#include "io.h"
#include "mnt.h"
#include "record.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A container that may remount could also make its files immutable (chattr +i; tmpfs knows it from kernel 6.0 on). */
static void make_mutable(int dirfd, const char *name)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int none = 0;

	if (fd >= 0)
		(void)ioctl(fd, FS_IOC_SETFLAGS, &none);
}

/* Of what is an empty directory, as masters are, or none. */
static bool remove_entry(int dirfd, const char *name)
{
	for (int tries = 0; tries < 2; tries++) {
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
			return true;
		if (errno == ENOTDIR && unlinkat(dirfd, name, 0) == 0)
			return true;
		if (errno != EPERM)
			return false;
		make_mutable(dirfd, name);
	}
	return false;
}

/*
 * Removes from CHILD, a directory of DIRECTORY, what can be removed, and moves the rest up beside it: so a tree of any
 * depth goes without recursion, a level a round. Nothing is followed. Returns what was removed or moved.
 */
static int lift_children(int directory, const char *child, unsigned int *number)
{
	DIR *stream = io_open_stream(directory, child);
	struct dirent *entry;
	int done = 0;

	if (!stream)
		return 0;
	make_mutable(directory, child);
	while ((entry = readdir(stream))) {
		char name[32];

		if (is_dot(entry->d_name))
			continue;
		snprintf(name, sizeof(name), ".removed-%u", (*number)++);
		done += remove_entry(dirfd(stream), entry->d_name) ||
			renameat(dirfd(stream), entry->d_name, directory, name) == 0;
	}
	closedir(stream);
	return done;
}

static int empty_once(int directory, unsigned int *number)
{
	DIR *stream = io_open_stream(directory, ".");
	struct dirent *entry;
	int done = 0;

	if (!stream)
		return 0;
	while ((entry = readdir(stream)))
		if (!is_dot(entry->d_name) && !remove_entry(directory, entry->d_name))
			done += lift_children(directory, entry->d_name, number);
		else
			done += !is_dot(entry->d_name);
	closedir(stream);
	return done;
}

/* What is mounted on a master and could not be unmounted is the host's, and not to be emptied. */
static bool is_of_masters(int ctr, int fd)
{
	struct stat masters, st;

	return fstat(ctr, &masters) == 0 && fstat(fd, &st) == 0 && st.st_dev == masters.st_dev;
}

static int remove_master(int ctr, const char *id)
{
	cleanup_fd int fd = FD_NONE;
	unsigned int number = 0;
	int rc;

	/* Ends: each round takes something away, of a bounded number of inodes, or is the last. */
	do {
		if (remove_entry(ctr, id) || errno == ENOENT)
			return 0;
		rc = -errno;
		if (fd < 0)
			fd = openat(ctr, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && !is_of_masters(ctr, fd))
			return -EBUSY;
		make_mutable(ctr, id);
	} while (fd >= 0 && empty_once(fd, &number) > 0);
	return rc;
}

/* What could not be looked at may be. */
static bool is_mounted(int ctr, const char *id)
{
	struct mnt_identity identity;
	int rc = mnt_identify(ctr, id, &identity);

	return rc < 0 ? rc != -ENOENT : identity.is_mount_root;
}

bool store_has_nothing(const struct store *store, const char *id)
{
	struct mnt_identity identity;

	return mnt_identify(store->ctr, id, &identity) == -ENOENT && !baseline_is_written(store->records, id);
}

int store_remove(const struct store *store, const char *id, struct err *err)
{
	struct err busy = {0};
	int rc, record_rc;

	store_mark(store, id);
	/* More than one mount there is none of ours, but it must not keep the directory either. */
	for (int mounts = 0; mounts < MASTER_MOUNTS_LIMIT; mounts++)
		if (!is_mounted(store->ctr, id) || mnt_detach(store->ctr, id, true, &busy) < 0)
			break;
	rc = remove_master(store->ctr, id);
	record_rc = record_remove(store->records, id, err);
	/* What could not be removed now, cannot at the next poststop: that is left to --gc. */
	store_unmark(store, id);
	if (rc < 0)
		return err_errno(
			err, -rc, "remove the master directory%s%s", *busy.text ? ": " : "", busy.text);
	return record_rc;
}
