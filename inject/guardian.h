/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second process of dbg-inject's, on the host, that does nothing but wait for the end of the first. Where that was killed, it
 * ends what the command has started, restores the caller's terminal, and removes what a session keeps. Should both be killed,
 * the kernel ends the command itself (PR_SET_PDEATHSIG), and --gc finds the rest.
 */
#pragma once

struct err;
struct session_work;

/* WORK: entered, and not run yet. */
int guardian_start(struct session_work *work, struct err *err);

/* The session is over, and all of it is removed: nothing is left to guard. */
void guardian_end(struct session_work *work);
