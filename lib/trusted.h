/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of the host that a privileged program believes: root's (or the caller's), and so is each directory on the way
 * to them, and each link; none can be written by others. A directory with the sticky bit may be on the way.
 */
#pragma once

#include <stddef.h>

struct err;

/*
 * Opens PATH, absolute, as if the descriptor ROOT were the root directory; FLAGS as open(2). Nothing waits: no FIFO, no
 * device. Returns a descriptor; -EPERM: not to be believed; -ENOENT.
 */
int trusted_open(int root, const char *path, int flags, struct err *err);

/* Reads a regular file of at most LIMIT bytes. *RET_TEXT: the caller's, with a NUL behind the *RET_LENGTH bytes. */
int trusted_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/* The same of a file that needs no trust but that of its path's author: only the file itself is no link. */
int trusted_read_any(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/* The same of a path below DIRECTORY, which is believed already: no link is on the way. */
int trusted_read_beneath(
	int directory, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/* The same as trusted_read of FILE in the directory NAME, below DIRECTORY, which trusted_open has opened. No link is followed. */
int trusted_read_in(int directory, const char *name, const char *file, size_t limit, char **ret_text,
	size_t *ret_length, struct err *err);
