/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The processes that use a container's tools: found in /proc, named, and ended when that is asked for. */
#pragma once

#include "target.h"

struct attach_status;
struct store;

struct user {
	pid_t pid;
	uint64_t start_time;
	char name[64];   /* escaped */
	bool is_outside; /* in our own mount namespace: a dbg-inject, as a rule */
};

struct users {
	struct user *list; /* freed by users_free */
	size_t count;
};

#define USERS_NONE ((struct users){0})

/*
 * Finds who has its executable, root or working directory or an open file on the tools that STATUS tells of, in the
 * container whose first process TARGET is, or on the host. What is only mapped is not found.
 */
int users_find(
	const struct target *target, const struct attach_status *status, struct users *ret, struct err *err);
void users_free(struct users *users);

/*
 * Adds the dbg-injects of container ID whose commands are among USERS, or have just ended: each holds the tools until it has ended
 * itself, and an ordinary user's cannot be looked into. One that is there already is not added again.
 */
int users_add_callers(struct users *users, const struct store *store, const char *id, struct err *err);
#define cleanup_users __attribute__((cleanup(users_free)))

/*
 * SIGTERM to all, and SIGKILL to those that are there SECONDS later: first to those in containers, so that a dbg-inject whose
 * command it was can put away what is its own. Returns when all have ended, or -ETIMEDOUT.
 */
int users_end(const struct users *users, unsigned int seconds, struct err *err);
