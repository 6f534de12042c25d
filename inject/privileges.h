/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command may: profiles, and single capabilities. */
#pragma once

#include "lsm.h"
#include "seccomp.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct context;
struct err;
struct meant;

struct privileges {
	const char *profile; /* same, debug or full */
	uint64_t bounding_set;
	uint64_t
		capabilities; /* permitted and effective; of a user other than root also inheritable and ambient */
	bool no_new_privs;
	struct target_status container; /* what its own process may */
	struct seccomp_filter filter;   /* the container's, for the command; empty: it gets none */
	char no_filter[640]; /* why the container's could not be had, where it was to be; else empty */
	struct lsm lsm;      /* empty: the caller's */
};

/* What CONTEXT asks for, for user UID in the container MEANT. *RET borrows from CONTEXT, and is freed by privileges_free. */
int privileges_make(const struct context *context, const struct meant *meant, uid_t uid,
	struct privileges *ret, struct err *err);
void privileges_free(struct privileges *privileges);
