/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command's three standard descriptors and its signals, while it runs. Pipes and sockets of the caller's are handed
 * over as they are: nothing is copied. Anything else is not, and the command gets a pipe, between which and it bytes
 * are carried: who has a terminal can type into it (TIOCSTI, TIOCLINUX), and a file can be opened anew by way of
 * /proc/PID/fd, for writing too, by whoever is root in the container; a directory leads out of it. Where the command is to
 * have a terminal, it gets one of its own, as standard input and output, and as standard error where that is one.
 */
#pragma once

#include "pty.h"
#include "terminal.h"

#include <sys/types.h>

struct entered;
struct err;

struct relay {
	int stdio[3]; /* what the command gets; a pipe's end is ours, and closed by relay_started */
	int ours[3];  /* our end of the pipe, or of the terminal; FD_NONE: handed over */
	int signals; /* signalfd: of those that are meant for the command, and say that somebody wants an end */
	int changes; /* signalfd: of those that tell of the caller's terminal; FD_NONE: it has none, or is not used */
	struct pty pty;           /* PTY_NONE: pipes do */
	struct terminal terminal; /* the caller's, in raw mode while relay_run lasts */
};

#define RELAY_NONE                                                                                           \
	((struct relay){.stdio = {0, 1, 2},                                                                  \
		.ours = {FD_NONE, FD_NONE, FD_NONE},                                                         \
		.signals = FD_NONE,                                                                          \
		.changes = FD_NONE,                                                                          \
		.pty = PTY_NONE,                                                                             \
		.terminal = TERMINAL_NONE})

/*
 * Makes the pipes, or the terminal if TERMINAL says so, and blocks the signals that are forwarded, so that none is lost
 * from here on.
 */
int relay_open(bool terminal, struct relay *ret, struct err *err);
void relay_close(struct relay *relay);
#define cleanup_relay __attribute__((cleanup(relay_close)))

/* To be called once the command has its descriptors: ours that are the same become /dev/null, but for standard error. */
void relay_started(struct relay *relay);

/*
 * Carries bytes and forwards signals to the command's process group until it ends. CONTAINER: a pidfd; when that
 * process ends, the group is killed. *RET_STATUS: as of waitpid(2). What our own output refused is an error, after the end.
 * A session with a terminal ends by SIGHUP and SIGTERM, or when the caller's terminal goes: then *RET_STATUS tells of that
 * signal, and no process of the session is left.
 */
int relay_run(struct relay *relay, struct entered *entered, int container, int *ret_status, struct err *err);
