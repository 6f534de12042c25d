/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "io.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_FIRST = 4096 };

/* Doubles *BUFFER as long as it is below LIMIT; one byte more is kept for the NUL. */
static int grow(char **buffer, size_t *size, size_t limit)
{
	size_t wanted = *size * 2;
	char *bigger;

	if (wanted > limit)
		wanted = limit + 1; /* one more, to tell "at the limit" from "beyond it" */
	bigger = realloc(*buffer, wanted + 1);
	if (!bigger)
		return -ENOMEM;
	*buffer = bigger;
	*size = wanted;
	return 0;
}

/* Returns how many bytes there were, SIZE at the most, or -errno. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, buffer + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

/* *SIZE bytes of *BUFFER are there, and it is full: reads on. Returns as read_up_to, of all. */
static ssize_t read_rest(int fd, char **buffer, size_t size, size_t limit)
{
	size_t used = size;
	ssize_t got;

	do {
		if (grow(buffer, &size, limit) < 0)
			return -ENOMEM;
		got = read_up_to(fd, *buffer + used, size - used);
		if (got < 0)
			return got;
		used += (size_t)got;
	} while (used == size && used <= limit);
	return (ssize_t)used;
}

/* Most files are small: those take no more memory than they need, and so no page for each that is read. */
int io_read_all(int fd, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	char first[IO_FIRST];
	cleanup_free char *buffer = NULL;
	size_t most = limit < sizeof(first) ? limit + 1 : sizeof(first);
	ssize_t length = read_up_to(fd, first, most);

	if (length < 0)
		return err_errno(err, (int)-length, "read");
	buffer = malloc((size_t)length + 1);
	if (!buffer)
		return err_errno(err, ENOMEM, "read");
	memcpy(buffer, first, (size_t)length);
	if ((size_t)length == most && most <= limit)
		length = read_rest(fd, &buffer, (size_t)length, limit);
	if (length < 0)
		return err_errno(err, (int)-length, "read");
	if ((size_t)length > limit)
		return err_set(err, EFBIG, "larger than %zu bytes", limit);
	buffer[length] = '\0';
	*ret_text = TAKE_PTR(buffer);
	if (ret_length)
		*ret_length = (size_t)length;
	return 0;
}

/* To open one may already do something: a watchdog then resets the machine later. */
static bool is_device(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
}

int io_read_file(
	int dirfd, const char *name, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = FD_NONE;
	struct stat st;

	if (is_device(dirfd, name))
		return err_set(err, EINVAL, "%s: not a regular file", name);
	/* O_NONBLOCK: the open of a FIFO returns at once, and fstat then refuses it. */
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, errno, "open %s", name);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", name);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", name);
	if (io_read_all(fd, limit, ret_text, ret_length, err) < 0)
		return err_prefix(err, "%s", name);
	return 0;
}

ssize_t io_read_short(int dirfd, const char *name, char *buffer, size_t size)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	ssize_t got;

	if (fd < 0)
		return -errno;
	do
		got = read(fd, buffer, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	if ((size_t)got == size)
		return -EFBIG;
	buffer[got] = '\0';
	return got;
}

int io_write_all(int fd, const void *data, size_t length)
{
	const char *rest = data;

	while (length) {
		ssize_t done = write(fd, rest, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		rest += done;
		length -= (size_t)done;
	}
	return 0;
}

/* What a writer that was killed has left under this name is none of ours: neither its mode nor its text. */
static int create_anew(int dirfd, const char *name, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    fd = openat(dirfd, name, flags, mode);

	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, name, 0) == 0)
		fd = openat(dirfd, name, flags, mode);
	return fd;
}

int io_write_file(int dirfd, const char *name, mode_t mode, const void *data, size_t length, struct err *err)
{
	char temporary[256];
	cleanup_fd int fd = FD_NONE;
	int rc;

	/* Callers hold the lock of what they write, so one name for the temporary file is enough. */
	if ((size_t)snprintf(temporary, sizeof(temporary), ".%s", name) >= sizeof(temporary))
		return err_errno(err, ENAMETOOLONG, "%s", name);
	fd = create_anew(dirfd, temporary, mode);
	if (fd < 0)
		return err_errno(err, errno, "create %s", temporary);
	rc = io_write_all(fd, data, length);
	if (rc == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		rc = -errno;
	if (rc < 0) {
		unlinkat(dirfd, temporary, 0);
		return err_errno(err, -rc, "write %s", name);
	}
	return 0;
}

DIR *io_open_stream(int dirfd, const char *name)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream)
		fd = FD_NONE; /* the stream's now */
	return stream;
}

/* Only "." and ".." among LENGTH bytes of getdents64. */
static bool has_dots_alone(const char *entries, size_t length)
{
	for (size_t at = 0; at < length;) {
		const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
		at += entry->d_reclen;
	}
	return true;
}

bool io_is_empty(int fd)
{
	_Alignas(struct dirent64) char entries[512];
	ssize_t length;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	while ((length = getdents64(fd, (void *)entries, sizeof(entries))) > 0)
		if (!has_dots_alone(entries, (size_t)length))
			return false;
	return length == 0;
}

static int by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

int io_scan(int dirfd, struct dirent ***ret, int (*select)(const struct dirent *entry))
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dirfd);
	return scandir(path, ret, select, by_name);
}
