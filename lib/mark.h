/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mark of a session's processes: a timer slack (PR_SET_TIMERSLACK) that is longer than the usual one by a number of
 * nanoseconds. Children inherit it, also through exec, whatever becomes of parents, process groups and sessions; so all of a
 * session's are found when it is to end. A new namespace would be a mark as well, and a difference that tools see.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

struct mark {
	uint64_t slack; /* nanoseconds; 0: no mark */
	uint64_t pid,
		mount; /* numbers of the processes' namespaces, as of stat(2): one of both has to fit, too */
};

#define MARK_NONE ((struct mark){0})

/* The usual slack is 50 us. What we add is less than that of a process that is merely nice. */
enum { MARK_BASE = 50000, MARK_COUNT = 65536 };

/* Marks the calling process, and those that it makes from here on. One with a real-time policy cannot be marked. */
void mark_set(uint64_t slack);

/*
 * The mark of the process behind PROC, a descriptor of its /proc directory: that it was to get SLACK, and has it. It is in the
 * pid namespace of the process behind PID, and in a mount namespace of MOUNT's, or a copy: it itself cannot be asked, where an
 * ordinary user calls us. Needs CAP_SYS_NICE.
 */
struct mark mark_read(int proc, uint64_t slack, int pid, int mount);

/* The timer slack of the process behind PROC; 0: not to be told. True if it is one that sessions have, or had. */
uint64_t mark_slack(int proc);
bool mark_is_one(uint64_t slack);

/* Is there a process with this mark? False also where /proc does not tell. */
bool mark_is_in_use(const struct mark *mark);

/*
 * Kills all that have MARK, and those that they make meanwhile. Needs CAP_KILL over them, kernel 5.3. -ETIMEDOUT: some are left;
 * another error: nobody knows.
 */
int mark_kill(const struct mark *mark, unsigned int seconds, struct err *err);
