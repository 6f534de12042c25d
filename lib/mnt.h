/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts, by descriptor at both ends. All need CAP_SYS_ADMIN; the kernel calls that are used are of 5.2
 * (detached mounts) and 5.12 (mount_setattr), MOVE_MOUNT_SET_GROUP of 5.15. Descriptors that are returned are
 * the caller's.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/* The source of all file systems that are made here, as mountinfo shows it. */
#define MNT_SOURCE "oci-crashcart"

/* What statx tells of the object behind a descriptor, and of the mount that it was reached through. */
struct mnt_identity {
	dev_t device;
	ino_t inode;
	unsigned long long mount;  /* mnt_id, as in the first field of mountinfo (kernel 5.8) */
	unsigned long long unique; /* of mnt_unique; 0: it has not been asked for, or is not known */
	bool is_mount_root;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Of FD itself, an O_PATH one too; or with NAME of what lies there below FD, not following a symbolic link.
 * Returns 0 or -errno. */
int mnt_identify(int fd, const char *name, struct mnt_identity *ret);

/*
 * The number of the mount that FD was reached through which no other mount has as long as the kernel runs; numbers of mounts, and of
 * devices that are none, are used again. 0: the kernel has none (before 6.8).
 */
unsigned long long mnt_unique(int fd);

/* The same as mnt_identify of what the link NAME below FD leads to: one of /proc/PID's (exe, cwd, fd/N), which no path can tell. */
int mnt_identify_link(int fd, const char *name, struct mnt_identity *ret);

/*
 * A new tmpfs of its own for the masters, detached and shared: at most SIZE bytes (as tmpfs reads it) and
 * INODES files, since a container that remounts its copy can write to it. Returns a descriptor.
 */
int mnt_new_tmpfs(const char *size, const char *inodes, struct err *err);

/*
 * A detached copy of the mount at FD, from FD down: slave of the peer group that FD's mount is in, read-only,
 * nosuid, nodev, noexec. Call it in the mount namespace that FD belongs to: a clone made elsewhere has no
 * peers. Returns a descriptor.
 */
int mnt_clone_slave(int fd, struct err *err);

/* Attaches the detached mount MOUNT on the directory TARGET, which has to be in our mount namespace. MOUNT
 * stays open, and then is the mount's root. */
int mnt_attach(int mount, int target, struct err *err);

/*
 * Ties the private mount at TARGET to the master that SLAVE, a detached slave clone of the same file system,
 * has. Needs no entering of TARGET's mount namespace. -EINVAL: kernel before 5.15, or TARGET is not private
 * any more.
 */
int mnt_tie(int slave, int target, struct err *err);

/*
 * Tools trees as one detached, read-only mount whose super block is read-only too: an overlay of the COUNT directories
 * LAYERS, the uppermost first, without an upper one (`mount -o remount,rw` fails on it, also for a container with
 * CAP_SYS_ADMIN in the initial user namespace). The kernel wants two at the least: an empty one serves. CONTEXT: the
 * SELinux context of its files, or null. Returns a descriptor.
 */
int mnt_new_overlay(const int *layers, size_t count, const char *context, struct err *err);

/* The tree as a plain detached mount, read-only by the mount alone: no wall for who may remount. Returns a
 * descriptor. */
int mnt_clone_read_only(int tree, struct err *err);

/* Makes the mount at ROOT and all below it, in our own mount namespace, private: nothing propagates in or out. */
int mnt_make_private(int root, struct err *err);

/* The same, but slaves: what is mounted on their masters still comes in. A mount that is private stays so. */
int mnt_make_slave(int root, struct err *err);

/* Makes the one mount whose root ROOT is private. */
int mnt_make_one_private(int root, struct err *err);

/*
 * A small tmpfs, detached, private and writable, with a root directory of MODE ("0755"): a directory for other mounts. It
 * belongs to the user namespace of the caller. Returns a descriptor.
 */
int mnt_new_directory(const char *mode, struct err *err);

/* A detached copy of what is at FD, a directory or a file, with all that is mounted below it. Returns a descriptor. */
int mnt_clone_tree(int fd, struct err *err);

/*
 * Takes away the uppermost mount on the directory NAME below FD (which is not followed if it is a link).
 * LAZY: also when it is in use; else -EBUSY. Silent -EINVAL: nothing is mounted there.
 */
int mnt_detach(int fd, const char *name, bool lazy, struct err *err);

/* Takes away, lazily, the mount whose root ROOT is; we have to be in its mount namespace. Changes the working
 * directory. */
int mnt_detach_here(int root, struct err *err);
