/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command may: profiles, and single capabilities. */
#pragma once

#include "lsm.h"

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
	bool unfiltered; /* the container has a seccomp filter, which the command will not have */
	struct lsm lsm;  /* empty: the caller's */
};

/* What CONTEXT asks for, for user UID in the container MEANT. *RET borrows from CONTEXT. */
int privileges_make(const struct context *context, const struct meant *meant, uid_t uid,
	struct privileges *ret, struct err *err);
