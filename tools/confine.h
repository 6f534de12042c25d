/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts a program of the host that reads what may be hostile, and was not written for that: patchelf reads and writes beyond
 * its memory where the headers of an ELF file lie (0.14.3, 0.15). For root it is nobody, whatever it does then.
 */
#pragma once

#include <sys/types.h>

/* The program's end of what it is given. */
struct confine_files {
	int output,
		to; /* descriptor OUTPUT is its standard output or error, as TO says; the rest is /dev/null */
	int directory; /* where it runs; below 0: "/" */
	int file;      /* its CONFINE_FILE; below 0: none. Others are not open in it */
};

enum { CONFINE_FILE = 3 };
#define CONFINE_PATH "/proc/self/fd/3" /* by which it opens that */

/*
 * ARGV[0]: a path, or a name that is looked for on PATH. The program has no environment but PATH, no rights, and limits of memory
 * and time; it ends with us. As root it is nobody (65534), where there is one: a user namespace may have none. Returns 0 or
 * -errno; -ENOENT: there is no such program.
 */
int confine_spawn(const char *const *argv, const struct confine_files *files, pid_t *ret_pid);

/* The file or directory FD becomes the program's own, where that is nobody. Returns 0 or -errno. */
int confine_give(int fd);
