/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether processes live, of many: four calls for each, and none of them is held. To do something to one, target_open. */
#pragma once

#include "util.h"

#include <stdint.h>
#include <sys/types.h>

struct err;
struct record;

struct living {
	int procfs;             /* O_PATH */
	uint64_t pid_namespace; /* ours */
};

#define LIVING_NONE ((struct living){.procfs = FD_NONE})

/* -ENOTSUP: there is no procfs at /proc. */
int living_open(struct living *ret, struct err *err);
void living_close(struct living *living);

/*
 * The same answer as target_is_gone's, for the first process of RECORD, which has to have one, of our pid namespace or another.
 * That it lives is told by the inode of its pidfd, where RECORD has it; else, and that it does not, by /proc/PID/stat.
 */
bool living_is_gone(const struct living *living, const struct record *record);
