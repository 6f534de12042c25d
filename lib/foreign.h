/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that a container has in its hands: what is read may be anything, and reading may take for ever. */
#pragma once

#include "bounds.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/*
 * Reads the regular file PATH as if ROOT, a directory, were the root directory: no link leads out of it, none of /proc's
 * is followed. LIMIT: the most bytes that are taken (-EFBIG beyond). *RET_TEXT: new memory, the caller's to free, with a
 * NUL behind the *RET_LENGTH bytes. A process of its own does it, since an open or a read may never return (a FUSE file
 * system of the container's; the environment of a process whose memory is such a file): -ETIMEDOUT then. -ENOENT and
 * -ENOTDIR: there is no such file; -EINVAL: it is a FIFO, a device or the like.
 */
int foreign_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err);

/* Such a process at work. */
struct foreign {
	pid_t pid;
	int fd; /* of what it writes */
};

/*
 * Starts one that calls WORK with CONTEXT, a copy, and a descriptor to write to; it returns an errno, or 0. It dies with
 * us, unless it becomes another user: then it has to ask for that again. Returns 0 or -errno.
 */
int foreign_start(int (*work)(void *context, int out), void *context, struct foreign *ret);

/*
 * Waits for its end, until DEADLINE (of foreign_deadline) at the most (-ETIMEDOUT), and takes what it has written: new
 * memory as above, LIMIT bytes at the most (-EFBIG). Has to be called once for each that was started.
 */
int64_t foreign_deadline(void);
int foreign_finish(
	struct foreign *foreign, int64_t deadline, size_t limit, char **ret_text, size_t *ret_length);
