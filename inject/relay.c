/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include "enter.h"
#include "err.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* One direction of a terminal's bytes. */
struct flow {
	int from, to; /* FD_NONE: over */
	char bytes[4096];
	size_t start, end;
};

static int open_pipe(struct relay *relay, int number)
{
	int ends[2];
	bool input = number == STDIN_FILENO;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	relay->stdio[number] = ends[input ? 0 : 1];
	relay->ours[number] = ends[input ? 1 : 0];
	return fcntl(relay->ours[number], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int relay_open(struct relay *ret, struct err *err)
{
	cleanup_relay struct relay relay = RELAY_NONE;
	sigset_t set;

	for (int i = 0; i < 3; i++) {
		int rc = 0;

		if (fcntl(i, F_GETFD) < 0)
			return err_set(err, EBADF, "standard descriptor %d is closed", i);
		if (isatty(i))
			rc = open_pipe(&relay, i);
		if (rc < 0)
			return err_errno(err, -rc, "make a pipe");
	}
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	relay.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (relay.signals < 0 || sigprocmask(SIG_BLOCK, &set, &relay.old_mask) < 0)
		return err_errno(err, errno, "hold signals");
	signal(SIGPIPE, SIG_IGN);
	*ret = relay;
	relay = RELAY_NONE;
	return 0;
}

void relay_started(struct relay *relay)
{
	for (int i = 0; i < 3; i++)
		if (relay->ours[i] >= 0)
			close_keep_errno(&relay->stdio[i]);
}

void relay_close(struct relay *relay)
{
	relay_started(relay);
	for (int i = 0; i < 3; i++)
		close_keep_errno(&relay->ours[i]);
	close_keep_errno(&relay->signals);
}

static void stop(struct flow *flow, bool close_target)
{
	if (close_target)
		close_keep_errno(&flow->to); /* the end of file travels on */
	flow->from = flow->to = FD_NONE;
}

/* Moves what can be moved without waiting. INPUT: the target is our pipe, which is closed at the end. */
static void move(struct flow *flow, bool input)
{
	ssize_t count;

	if (flow->start == flow->end) {
		count = read(flow->from, flow->bytes, sizeof(flow->bytes));
		if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
			stop(flow, input);
			return;
		}
		flow->start = 0;
		flow->end = count > 0 ? (size_t)count : 0;
		return;
	}
	count = write(flow->to, flow->bytes + flow->start, flow->end - flow->start);
	if (count > 0)
		flow->start += (size_t)count;
	else if (errno != EAGAIN && errno != EINTR)
		stop(flow, input);
}

/* What FLOW waits for: room when it has bytes, else bytes. A negative descriptor is passed over by poll. */
static struct pollfd wish(const struct flow *flow)
{
	bool has_bytes = flow->start != flow->end;

	return (struct pollfd){
		.fd = flow->from < 0 ? -1
		      : has_bytes    ? flow->to
				     : flow->from,
		.events = has_bytes ? POLLOUT : POLLIN,
	};
}

static void forward_signals(const struct relay *relay, const struct entered *entered)
{
	struct signalfd_siginfo info;

	/* The group: a shell's tool gets it as well. The leader is ours to reap, so the number cannot be
	 * another group's. */
	while (read(relay->signals, &info, sizeof(info)) == sizeof(info))
		(void)kill(-entered->pid, (int)info.ssi_signo);
}

/* After the command's end: what it wrote last is still in the pipes. */
static void drain(struct flow flows[3])
{
	for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++) {
		struct pollfd event = wish(&flows[i]);

		while (event.fd >= 0 && poll(&event, 1, flows[i].start != flows[i].end ? -1 : 0) > 0) {
			move(&flows[i], false);
			event = wish(&flows[i]);
		}
	}
}

int relay_run(struct relay *relay, const struct entered *entered, int *ret_status, struct err *err)
{
	struct flow flows[3] = {
		{.from = relay->ours[0] >= 0 ? STDIN_FILENO : FD_NONE, .to = relay->ours[0]},
		{.from = relay->ours[1], .to = STDOUT_FILENO},
		{.from = relay->ours[2], .to = STDERR_FILENO},
	};

	relay->ours[0] = FD_NONE; /* the flow's now */
	for (;;) {
		struct pollfd events[5] = {
			{.fd = entered->pidfd, .events = POLLIN},
			{.fd = relay->signals, .events = POLLIN},
			wish(&flows[0]),
			wish(&flows[1]),
			wish(&flows[2]),
		};

		if (poll(events, ARRAY_SIZE(events), -1) < 0 && errno != EINTR)
			return err_errno(err, errno, "wait for the command");
		if (events[1].revents)
			forward_signals(relay, entered);
		for (int i = 0; i < 3; i++)
			if (events[i + 2].revents)
				move(&flows[i], i == STDIN_FILENO);
		if (events[0].revents)
			break;
	}
	drain(flows);
	close_keep_errno(&flows[0].to);
	while (waitpid(entered->pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "wait for the command");
	return 0;
}
