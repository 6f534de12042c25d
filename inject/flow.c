/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flow.h"

#include <fcntl.h>

/* A terminal takes no more than it has room for, and would hold us at the rest: small pieces, if it can block. */
static size_t find_most(int fd)
{
	return isatty(fd) && !(fcntl(fd, F_GETFL) & O_NONBLOCK) ? 1024 : FLOW_BYTES;
}

void flow_init(struct flow *flow, int number, int theirs, int ours, char bytes[FLOW_BYTES])
{
	flow->bytes = bytes;
	flow->theirs = theirs;
	flow->ours = ours;
	flow->input = number == STDIN_FILENO;
	flow->end_character = -1;
	flow->most = find_most(theirs);
	flow->start = flow->end = 0;
	flow->terminal = flow->last = flow->hung_up = flow->rests = false;
	flow->error = 0;
}

void flow_stop(struct flow *flow)
{
	close_keep_errno(&flow->ours);
	flow->start = flow->end = 0;
}

bool flow_is_empty(const struct flow *flow)
{
	return flow->start == flow->end;
}

/* The first ends a line that is not complete. What was carried last is still in the buffer. */
static void say_end(struct flow *flow, size_t carried)
{
	bool in_line = carried > 0 && flow->bytes[carried - 1] != '\n';

	flow->bytes[0] = flow->bytes[1] = (char)flow->end_character;
	flow->end = in_line ? 2 : 1;
	flow->last = true;
}

static void end_of_input(struct flow *flow, size_t carried)
{
	flow->hung_up = flow->input && flow->terminal;
	if (flow->end_character >= 0 && !flow->hung_up)
		say_end(flow, carried);
	else
		flow_stop(flow);
}

static void fill(struct flow *flow)
{
	ssize_t count = read(flow->input ? flow->theirs : flow->ours, flow->bytes, FLOW_BYTES);
	size_t carried = flow->end;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	flow->rests =
		count < 0 && errno == EIO && flow->input && !flow->terminal && tcgetpgrp(flow->theirs) >= 0;
	if (flow->rests)
		return;
	/* Where a shell has changed its settings meanwhile, a terminal may say so once; one that has gone is none any more. */
	if (count == 0 && flow->input && flow->terminal && isatty(flow->theirs))
		return;
	flow->start = 0;
	flow->end = count > 0 ? (size_t)count : 0;
	if (count <= 0)
		end_of_input(flow, carried);
}

static void empty(struct flow *flow)
{
	size_t rest = flow->end - flow->start, most = rest < flow->most ? rest : flow->most;
	ssize_t count = write(flow->input ? flow->ours : flow->theirs, flow->bytes + flow->start, most);

	if (count >= 0) {
		flow->start += (size_t)count;
		if (flow->last && flow_is_empty(flow))
			flow_stop(flow);
	} else if (errno == EIO && flow->terminal && !flow->input) {
		flow->hung_up = true;
		flow_stop(flow);
	} else if (errno != EAGAIN && errno != EINTR) {
		flow->error = errno;
		flow_stop(flow);
	}
}

void flow_look(struct flow *flow)
{
	pid_t front = flow->rests ? tcgetpgrp(flow->theirs) : -1;

	flow->rests = front >= 0 && front != getpgrp(); /* -1: it has gone, which the next read tells */
}

struct pollfd flow_wish(const struct flow *flow)
{
	bool has_bytes = !flow_is_empty(flow);

	return (struct pollfd){
		.fd = flow->ours < 0 || flow->rests ? -1
		      : flow->input == has_bytes    ? flow->ours
						    : flow->theirs,
		.events = has_bytes ? POLLOUT : POLLIN,
	};
}

void flow_move(struct flow *flow)
{
	if (flow_is_empty(flow))
		fill(flow);
	else
		empty(flow);
}
