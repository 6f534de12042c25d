/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A seccomp profile as the kernel takes it; the one module that uses libseccomp. */
#pragma once

#include <linux/filter.h>
#include <stddef.h>

struct err;
struct seccomp_profile;

/* A program for seccomp(2). It holds no descriptor and no memory but its own, so that a child has it, too. */
struct seccomp_filter {
	struct sock_filter *list;
	unsigned short count; /* 0: there is none */
	unsigned int flags;   /* SECCOMP_FILTER_FLAG_* */
};

#define SECCOMP_FILTER_NONE ((struct seccomp_filter){0})

/*
 * Compiles PROFILE for this machine and the architectures that it names. System calls that libseccomp does not know are
 * passed over, as the runtimes do. -ENOTSUP: we were built without libseccomp; -EINVAL: it refuses the profile; -ENOMEM.
 * Needs no privilege.
 */
int seccomp_compile(const struct seccomp_profile *profile, struct seccomp_filter *ret, struct err *err);
void seccomp_filter_free(struct seccomp_filter *filter);

/*
 * Lays FILTER on the calling thread, for good. Needs no_new_privs, or CAP_SYS_ADMIN in effect in the thread's user
 * namespace.
 */
int seccomp_apply(const struct seccomp_filter *filter, struct err *err);
