/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's terminal while a session has one of its own: it passes on bytes both ways and does nothing with them, and
 * is what it was before when the session is over.
 */
#pragma once

#include "util.h"

#include <stdbool.h>
#include <termios.h>

struct winsize;

enum terminal_wish {
	TERMINAL_AUTO, /* where input and output both are terminals */
	TERMINAL_ALWAYS,
	TERMINAL_NEVER,
};

/* Is a session to have a terminal? */
bool terminal_is_wanted(enum terminal_wish wish);

/* What standard input or output is, if it is a terminal. */
struct terminal_end {
	int fd; /* opened anew, and does not block: the caller's stays as others know it. FD_NONE: no terminal */
	struct termios saved;
};

struct terminal {
	struct terminal_end input, output;
	bool raw;
};

#define TERMINAL_NONE ((struct terminal){.input.fd = FD_NONE, .output.fd = FD_NONE})

/* Looks what there is; changes nothing. */
void terminal_open(struct terminal *ret);
void terminal_close(struct terminal *terminal); /* restores it */

bool terminal_exists(const struct terminal *terminal);

/* False: there is none, or it does not say. */
bool terminal_size(const struct terminal *terminal, struct winsize *ret);

/*
 * To raw mode; again, where somebody has changed it meanwhile. A terminal that is only written to keeps its signals. In
 * the background, the kernel stops us here until we are in the foreground.
 */
void terminal_make_raw(struct terminal *terminal);

/* For who comes after one that was killed: only what is still as terminal_make_raw has left it. */
void terminal_restore_left(struct terminal *terminal);

/* OVER: the session is; what was typed for it is no command for the caller's shell. */
void terminal_restore(struct terminal *terminal, bool over);
