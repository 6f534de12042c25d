/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files, with limits. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/*
 * Reads FD to its end. LIMIT: the most bytes that are taken (-EFBIG beyond).
 * *RET_TEXT: new memory, the caller's to free, with a NUL behind the *RET_LENGTH bytes (may be null).
 */
int io_read_all(int fd, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/*
 * The same for the file NAME below DIRFD (AT_FDCWD with a path of the host's). Only a regular file is read:
 * never a FIFO, a device or, in the last component, a symbolic link. -ENOENT is passed up for callers to whom
 * absence is no error.
 */
int io_read_file(
	int dirfd, const char *name, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/*
 * Reads the file NAME below DIRFD, which the kernel makes up as it is read (/proc), in one read into BUFFER, SIZE bytes; a NUL
 * comes behind it. For what has to be neither looked at before (no container can put anything in its place) nor collected.
 * Returns its length or -errno; -EFBIG: it does not fit.
 */
ssize_t io_read_short(int dirfd, const char *name, char *buffer, size_t size);

/* Writes all LENGTH bytes; retries short writes and EINTR. Returns 0 or -errno. */
int io_write_all(int fd, const void *data, size_t length);

/*
 * Replaces NAME below DIRFD by a file of MODE that holds DATA: written beside it, then renamed, so that a
 * reader sees the old or the new one whole. No fsync: run-time state does not outlive the machine.
 */
int io_write_file(int dirfd, const char *name, mode_t mode, const void *data, size_t length, struct err *err);

/* Opens the directory NAME below DIRFD ("." is DIRFD itself, with a place of its own) to be read. Null: errno tells. Ended by closedir. */
DIR *io_open_stream(int dirfd, const char *name);

/*
 * Is nothing in the directory FD, which was opened to be read? False where that cannot be told, too. Takes no memory, and
 * fewer calls than a stream: to be asked before that, of what is nearly always empty.
 */
bool io_is_empty(int fd);

/*
 * What is in the directory DIRFD, sorted by name; SELECT (may be null) says what counts. Returns the number, or -1 with
 * errno. *RET: the caller's to free, each entry and the list. Needs /proc: scandirat is glibc's alone.
 */
int io_scan(int dirfd, struct dirent ***ret, int (*select)(const struct dirent *entry));
