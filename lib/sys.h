/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that a C library may lack (musl has none of these, glibc 2.36 lacks openat2), as the kernel
 * has them. Flags come from <linux/mount.h>, <linux/openat2.h>. Each returns a result or -errno; descriptors
 * are close-on-exec.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct statx;

enum { SYS_UMOUNT_LAZY = 2, SYS_UMOUNT_NOFOLLOW = 8 }; /* MNT_DETACH, UMOUNT_NOFOLLOW */

int sys_openat2(int dirfd, const char *path, int flags, uint64_t resolve); /* 5.6 */
int sys_open_tree(int dirfd, const char *path, unsigned int flags);        /* 5.2 */
int sys_move_mount(
	int from, const char *from_path, int to, const char *to_path, unsigned int flags);   /* 5.2 */
int sys_mount_setattr(int fd, unsigned int flags, uint64_t set, uint64_t propagation);       /* 5.12 */
int sys_fsopen(const char *type);                                                            /* 5.2 */
int sys_fsconfig(int fd, unsigned int command, const char *key, const char *value);          /* 5.2 */
int sys_fsmount(int fd, unsigned int attributes);                                            /* 5.2 */
int sys_statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *ret); /* 4.11 */
int sys_umount(const char *path, int flags);
int sys_pidfd_open(pid_t pid);                                                  /* 5.3 */
int sys_pidfd_send_signal(int pidfd, int signal);                               /* 5.1 */
int sys_close_range(unsigned int first, unsigned int last, unsigned int flags); /* 5.9 */
int sys_execveat(int fd, char *const argv[], char *const envp[]);               /* 3.19; fd itself */

/* Closes every descriptor from FIRST on; where close_range is missing, one by one up to the limit. */
void sys_close_from(int first);
