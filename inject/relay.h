/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command's three standard descriptors and its signals, while it runs. Pipes and sockets of the caller's are handed
 * over as they are: nothing is copied. Anything else is not, and the command gets a pipe, between which and it bytes
 * are carried: who has a terminal can type into it (TIOCSTI, TIOCLINUX), and a file can be opened anew by way of
 * /proc/PID/fd, for writing too, by whoever is root in the container; a directory leads out of it.
 */
#pragma once

#include "util.h"

#include <sys/types.h>

struct entered;
struct err;

struct relay {
	int stdio[3]; /* what the command gets; a pipe's end is ours, and closed by relay_started */
	int ours[3];  /* our end of the pipe; FD_NONE: handed over */
	int signals;  /* signalfd */
};

#define RELAY_NONE                                                                                           \
	((struct relay){.stdio = {0, 1, 2}, .ours = {FD_NONE, FD_NONE, FD_NONE}, .signals = FD_NONE})

/* Makes the pipes, and blocks the signals that are forwarded, so that none is lost from here on. */
int relay_open(struct relay *ret, struct err *err);
void relay_close(struct relay *relay);
#define cleanup_relay __attribute__((cleanup(relay_close)))

/* To be called once the command has its descriptors. */
void relay_started(struct relay *relay);

/*
 * Carries bytes and forwards signals to the command's process group until it ends. CONTAINER: a pidfd; when that
 * process ends, the group is killed. *RET_STATUS: as of waitpid(2). What our own output refused is an error, after the end.
 */
int relay_run(
	struct relay *relay, const struct entered *entered, int container, int *ret_status, struct err *err);
