/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A control group that one session has for itself, beside the container's: so it shares neither its limits nor the host's. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

/* Their names begin so; the number of the session's dbg-inject follows. */
#define CGROUP_SESSION_PREFIX "oci-crashcart-"

/* At the most CGROUP_SESSION_LIMIT hierarchies have one of the two controllers that limits are set in. */

/* 0: none */
struct cgroup_limits {
	uint64_t memory; /* bytes */
	uint64_t processes;
};

struct cgroup_session {
	struct cgroup_session_place {
		int parent; /* the directory that holds the container's */
		char path
			[4608]; /* of the session's own directory, on the host; empty before cgroup_session_name */
		char above[4352]; /* of the parent */
		bool is_v2, has_memory, has_processes;
	} list[CGROUP_SESSION_LIMIT];
	size_t count;
	char name[32]; /* of the directory */
};

/*
 * Pure. How much of PATH, the control group of a process in container ID, is the parent of the container's own: that is
 * the first component that has ID in it (engines have parts of it beneath), else the last. -1: it is the root.
 */
ssize_t cgroup_session_parent(const char *path, const char *id);

/* Finds and opens the parents for the container of the process behind PROC. *RET: the caller's. Makes nothing. */
int cgroup_session_open(int proc, const char *id, struct cgroup_session *ret, struct err *err);
void cgroup_session_close(struct cgroup_session *session);

/* Says which process it will be for, so that the paths are known, and can be recorded, before there is anything. */
void cgroup_session_name(struct cgroup_session *session, pid_t pid);

/* Makes the groups, sets LIMITS, and moves process PID, a child of ours that is not waited for yet, there. */
int cgroup_session_join(
	const struct cgroup_session *session, const struct cgroup_limits *limits, pid_t pid, struct err *err);

/* Kills what is left in the groups, and removes them. What was not made is no error. */
int cgroup_session_remove(const struct cgroup_session *session, struct err *err);

/*
 * Removes one that a session has left; with KILL, as above, else -EBUSY if there is something in it. PATH is a text of its
 * record, and not believed: -EINVAL if it is no such group.
 */
int cgroup_session_remove_path(const char *path, bool kill, struct err *err);
