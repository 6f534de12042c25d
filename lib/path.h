/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths become descriptors at first touch; names are checked before they become paths. Needs openat2 (kernel 5.6). */
#pragma once

#include <stdbool.h>

struct err;

/*
 * Opens PATH (absolute or not) as if DIRFD were the root directory: symbolic links and ".." stay inside it.
 * For trees that belong to a container. FLAGS as open(2); O_CLOEXEC is added. Returns a descriptor or -errno.
 */
int path_open_in_root(int dirfd, const char *path, int flags);

/* The same, but any symbolic link on the way is an error (-ELOOP), and so is leaving DIRFD (-EXDEV). PATH is
 * relative. */
int path_open_beneath(int dirfd, const char *path, int flags);

/* Opens the directory NAME below DIRFD, making it with MODE (whatever the umask) if it is not there. */
int path_make_directory(int dirfd, const char *name, unsigned int mode, int *ret_fd, struct err *err);

/*
 * Refuses (-EPERM) what another user than root or the caller owns, or what others may write: configuration
 * and state that a privileged program believes. NAME is for the message. Within rootless podman's user namespace root
 * cannot be told from other users who are not mapped there: a path that somebody chose is checked before it is joined.
 */
int path_check_trusted(int fd, const char *name, struct err *err);
/* The same of what is known of it. */
struct stat;
int path_check_stat(const struct stat *st, const char *name, struct err *err);

/* True for a container id that may be part of a path: letters, digits and "_.+-", not starting with "." or
 * "-", at most 200 bytes. */
bool path_is_id(const char *text);

/* True for an id as engines make them up, 64 hexadecimal digits: no two containers have the same. */
bool path_is_whole_id(const char *text);
