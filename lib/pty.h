/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pseudo-terminal of the host's own, for one session in a container. Whoever has its slave can type into it (TIOCSTI),
 * and so reaches that session and nobody else. It is not taken from the container's devpts, which may be a false one.
 */
#pragma once

#include "util.h"

#include <sys/types.h>

struct err;

struct pty {
	int master; /* does not block */
	int slave;
};

#define PTY_NONE ((struct pty){.master = FD_NONE, .slave = FD_NONE})

/* Neither becomes our controlling terminal. Needs a devpts at /dev/pts; kernel 4.13. */
int pty_open(struct pty *ret, struct err *err);
void pty_close(struct pty *pty);
#define cleanup_pty __attribute__((cleanup(pty_close)))

/*
 * Sends SIGNAL (0: none) to all processes but LEADER of the session that LEADER has made, and to those that they make meanwhile,
 * until none is left, or a time of util_now has come: UNTIL (in the past: once). True: none is left. One that makes a session of
 * its own is none of them, which no event tells: it may be waited for till UNTIL. LEADER must not be waited for yet: so its
 * number means no other session. Needs a procfs of our pid namespace at /proc; otherwise there are none.
 */
bool pty_end_session(pid_t leader, int signal, int64_t until);
