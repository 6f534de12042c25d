/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that a C library may lack (musl has none of these, glibc 2.36 lacks openat2), as the kernel
 * has them. Flags come from <linux/mount.h>, <linux/openat2.h>. Each returns a result or -errno; descriptors
 * are close-on-exec.
 */
#pragma once

#include <stddef.h>
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

/* What <linux/mount.h> and <linux/stat.h> have from 6.8 on. */
struct sys_statmount {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr, mnt_propagation, mnt_peer_group, mnt_master, propagate_from;
	uint32_t mnt_root, mnt_point;
	uint64_t mnt_ns_id;
	uint32_t fs_subtype, sb_source; /* 6.13 */
	uint64_t spare[48];
	char str[]; /* texts, each ended by NUL, at the places that fields name */
};

enum {
	SYS_STATMOUNT_SB_BASIC = 0x1,
	SYS_STATMOUNT_MNT_BASIC = 0x2,
	SYS_STATMOUNT_MNT_ROOT = 0x8,
	SYS_STATMOUNT_MNT_POINT = 0x10,
	SYS_STATMOUNT_FS_TYPE = 0x20,
	SYS_STATMOUNT_SB_SOURCE = 0x200, /* 6.13 */
	SYS_STATX_MNT_ID_UNIQUE = 0x4000
};

/* ID: of STATX_MNT_ID_UNIQUE. NAMESPACE: of sys_mount_namespace; 0: our own. SIZE: of *RET with its texts. 6.8, of another 6.11. */
int sys_statmount(uint64_t id, uint64_t namespace, uint64_t mask, struct sys_statmount *ret, size_t size);
/*
 * The mounts of our own mount namespace that we can reach and that are below the mount ROOT (0: all), behind the mount LAST (0: from the
 * first). Returns how many. 6.8.
 */
int sys_listmount(uint64_t root, uint64_t last, uint64_t *ret, size_t count);
int sys_mount_namespace(int pidfd, uint64_t *ret); /* of that process. 6.11 */
