/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A container's mount by its config.json: decided, the master made, the file edited, before the runtime reads it. */
#pragma once

#include "options.h"
#include "policy.h"

#include <stdint.h>
#include <sys/types.h>

struct provide_job {
	const struct options *options;
	const struct policy *policy;
	const char *state_directory;
	const char *configuration;     /* the file that the caller named; null: none */
	const char *hook;              /* the program for poststop, an absolute path */
	const char *runtime;           /* its path */
	const char *runtime_directory; /* in which runtimes have their directories by default */
	pid_t creator;                 /* the process that will be the runtime, */
	uint64_t creator_start;        /* and when it began, as struct target has it */
};

/*
 * An error: config.json is as it was, and nothing is left. Needs CAP_SYS_ADMIN. What it decided, it logs. It may end in
 * another mount namespace than it began in: to be called in a process of its own (aside.h). CONTEXT: a struct provide_job.
 */
int provide(void *context, struct err *err);
