/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One direction of the bytes that are carried: between one of the caller's descriptors, and our end of the command's. */
#pragma once

#include "util.h"

#include <poll.h>

enum { FLOW_BYTES = 65536 };

struct flow {
	int theirs; /* the caller's; borrowed */
	int ours;   /* owned; FD_NONE when it is over, or was never needed */
	bool input;
	int end_character; /* what tells the command the end of input, where OURS is a terminal; -1: closing OURS does */
	size_t most; /* bytes at one write */
	char *bytes; /* FLOW_BYTES of them, which are borrowed */
	size_t start, end;
	bool terminal; /* THEIRS is one in raw mode: its end is a hang-up */
	bool last;     /* what is left ends the flow */
	bool hung_up;
	bool rests; /* THEIRS is a terminal of which nothing can be read, in the background */
	int error;  /* errno of the first write to THEIRS that failed otherwise */
};

/*
 * Takes OURS. NUMBER: of the standard descriptor that it is for; THEIRS: that one, or another that stands for it. BYTES: what
 * is on its way, as long as the flow is used.
 */
void flow_init(struct flow *flow, int number, int theirs, int ours, char bytes[FLOW_BYTES]);

/* Whichever side is over: our end is closed, so that the command gets end of file, or SIGPIPE. */
void flow_stop(struct flow *flow);

bool flow_is_empty(const struct flow *flow);

/* One that rests goes on in the foreground. */
void flow_look(struct flow *flow);

/* What it waits for: room when it has bytes, else bytes. A negative descriptor is passed over by poll. */
struct pollfd flow_wish(const struct flow *flow);

/* One read, or one write; to be called when the wish has come true. */
void flow_move(struct flow *flow);
