/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Namespaces. A set of them is a mask of the CLONE_NEW* bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* The namespaces in which the process behind PROC (a descriptor of its /proc directory) differs from us. */
int ns_differing(int proc, unsigned int *ret, struct err *err);

/* True if the two processes share the namespace NAMESPACE (one bit). */
bool ns_is_same(int proc, int other_proc, unsigned int ns);

/* The namespaces that the two processes share; what cannot be looked at is not among them. */
unsigned int ns_common(int proc, int other_proc);

/*
 * The number of the namespace that FILE, "ns/mnt" below DIRFD for a descriptor of /proc/PID, stands for; 0: not to be told. No
 * two namespaces have one number at a time. It is what the link says: a stat through it would make an inode first.
 */
uint64_t ns_number(int dirfd, const char *file);

/* The number of the mount namespace of the process behind PROC, as ns_number has it; 0: not to be told. */
uint64_t ns_mount_number(int proc);
uint64_t ns_own_mount_number(void);

/*
 * Enters the namespaces SET of the process behind PIDFD, all in one step, so that the rights to each are
 * those we had before, whichever user namespace owns it. The pid namespace is that of children. Kernel 5.8; a
 * single-threaded caller with CAP_SYS_ADMIN over each.
 */
int ns_enter(int pidfd, unsigned int set, struct err *err);

/* The way back of somebody who enters a mount namespace for a moment. */
struct ns_home {
	int ns, root; /* our mount namespace, our root directory */
};

int ns_home_open(struct ns_home *ret, struct err *err);
int ns_home_return(const struct ns_home *home, struct err *err); /* the working directory becomes the root */
void ns_home_close(struct ns_home *home);
#define cleanup_home __attribute__((cleanup(ns_home_close)))

/*
 * Parses NAMES, as "net,pid", as a set of at least one. -EINVAL: a name of no namespace, or of none that this kernel has;
 * err says which there are.
 */
int ns_parse(const char *names, unsigned int *ret, struct err *err);

/* Writes the names in SET to TEXT, "mnt,net,pid"; "none" for none. SIZE 64 holds all. */
void ns_names(unsigned int set, char *text, size_t size);
