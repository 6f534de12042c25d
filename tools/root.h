/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root file system that tools are taken from: this host's, or a directory (an unpacked image). Every path is read as
 * a program would that has it as its root directory: symbolic links and ".." stay inside, so that nothing of the host
 * gets into a tree by a link of an image's. Needs openat2 (kernel 5.6).
 */
#pragma once

#include <dirent.h>
#include <glob.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct err;

struct root {
	int fd;
	char *path; /* of the host's, without symbolic links and without a "/" at its end: "" for "/" */
	bool is_host;
};

#define ROOT_NONE ((struct root){.fd = FD_NONE})

/* DIRECTORY: null is "/". The caller's, closed by root_close. */
int root_open(const char *directory, struct root *ret, struct err *err);
void root_close(struct root *root);
#define cleanup_root __attribute__((cleanup(root_close)))

/* True for the very "/" that we have: one of another mount namespace (/proc/PID/root) has that path, too. */
bool root_is_host(const struct root *root);

/*
 * PATH is absolute below; FLAGS as open(2), O_CLOEXEC, O_NONBLOCK and O_NOCTTY are added. Returns a descriptor or -errno;
 * -EACCES for what is in proc or sysfs. What is neither a regular file nor a directory can only be looked at, and not be read
 * (O_PATH): to open a device may already do something (a watchdog resets the machine later).
 */
int root_open_file(const struct root *root, const char *path, int flags);

/* Follows symbolic links. Returns 0 or -errno. */
int root_stat(const struct root *root, const char *path, struct stat *ret);

/* PATH without symbolic links, absolute below ROOT; new memory, the caller's. Returns 0 or -errno. */
int root_real(const struct root *root, const char *path, char **ret);

/* Reads a regular file of at most LIMIT bytes; symbolic links are followed, inside. As io_read_all; -ENOENT. */
int root_read(const struct root *root, const char *path, size_t limit, char **ret_text, size_t *ret_length,
	struct err *err);

/* Null: errno tells. Ended by closedir. */
DIR *root_open_directory(const struct root *root, const char *path);

enum { ROOT_GLOB_LIMIT = 1 << 16 };

/*
 * As glob(3) without flags: sorted; PATTERN is absolute. *RET: starts as {0}, and is for globfree also on failure. -ENOENT: no
 * match, ERR is not set; -E2BIG: it has to look at too many files. Not for two threads at once.
 */
int root_glob(const struct root *root, const char *pattern, glob_t *ret, struct err *err);
