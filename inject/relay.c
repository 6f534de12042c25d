/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include "enter.h"
#include "err.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/* One direction of the bytes that are carried: between one of the caller's, and our end of the command's pipe. */
struct flow {
	int theirs, ours; /* OURS is FD_NONE when it is over, or was never needed */
	bool input;
	size_t most; /* bytes at one write */
	char bytes[65536];
	size_t start, end;
	int error; /* errno of the first write that failed */
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

/* What can be opened anew by way of /proc/PID/fd without harm, or not at all: pipes, sockets, /dev/null. */
static bool may_hand_over(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	return S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	       (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

/* What the caller has us ignore (nohup, a background job of a script) is not the command's affair either. */
static void forwarded_set(sigset_t *ret)
{
	struct sigaction action;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (sigaction(forwarded[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(ret, forwarded[i]);
}

int relay_open(struct relay *ret, struct err *err)
{
	cleanup_relay struct relay relay = RELAY_NONE;
	sigset_t set;

	for (int i = 0; i < 3; i++) {
		int rc = 0;

		if (fcntl(i, F_GETFD) < 0)
			return err_set(err, EBADF, "standard descriptor %d is closed", i);
		if (!may_hand_over(i))
			rc = open_pipe(&relay, i);
		if (rc < 0)
			return err_errno(err, -rc, "make a pipe");
	}
	forwarded_set(&set);
	relay.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (relay.signals < 0 || sigprocmask(SIG_BLOCK, &set, NULL) < 0)
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

/* Whichever side is over: our end is closed, so that the command gets end of file, or SIGPIPE. */
static void stop(struct flow *flow)
{
	close_keep_errno(&flow->ours);
	flow->start = flow->end = 0;
}

static void fill(struct flow *flow)
{
	ssize_t count = read(flow->input ? flow->theirs : flow->ours, flow->bytes, sizeof(flow->bytes));

	flow->start = 0;
	flow->end = count > 0 ? (size_t)count : 0;
	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
		stop(flow);
}

static void empty(struct flow *flow)
{
	size_t rest = flow->end - flow->start, most = rest < flow->most ? rest : flow->most;
	ssize_t count = write(flow->input ? flow->ours : flow->theirs, flow->bytes + flow->start, most);

	if (count > 0) {
		flow->start += (size_t)count;
	} else if (errno != EAGAIN && errno != EINTR) {
		flow->error = errno;
		stop(flow);
	}
}

/* What FLOW waits for: room when it has bytes, else bytes. A negative descriptor is passed over by poll. */
static struct pollfd wish(const struct flow *flow)
{
	bool has_bytes = flow->start != flow->end;

	return (struct pollfd){
		.fd = flow->ours < 0             ? -1
		      : flow->input == has_bytes ? flow->ours
						 : flow->theirs,
		.events = has_bytes ? POLLOUT : POLLIN,
	};
}

static void move(struct flow *flow)
{
	if (flow->start == flow->end)
		fill(flow);
	else
		empty(flow);
}

/* Returns whether there was one. */
static bool forward_signals(const struct relay *relay, const struct entered *entered)
{
	struct signalfd_siginfo info;
	bool any = false;

	/* The group: a shell's tool gets it as well. The leader is ours to reap, so the number is no other group's. */
	for (; read(relay->signals, &info, sizeof(info)) == sizeof(info); any = true)
		(void)kill(-entered->pid, (int)info.ssi_signo);
	return any;
}

/*
 * After the command's end: what it wrote last is still in the pipe. Not what its children write from now on; and a
 * terminal that takes nothing is waited for until a signal comes.
 */
static void drain(const struct relay *relay, const struct entered *entered, struct flow *flow)
{
	int rest = 0;

	if (flow->ours < 0 || ioctl(flow->ours, FIONREAD, &rest) < 0)
		rest = 0;
	while (flow->ours >= 0 && (rest > 0 || flow->start != flow->end)) {
		struct pollfd events[2] = {wish(flow), {.fd = relay->signals, .events = POLLIN}};
		bool was_empty = flow->start == flow->end;

		if (poll(events, 2, -1) < 0 && errno != EINTR)
			return;
		if (events[1].revents && forward_signals(relay, entered))
			return;
		if (events[0].revents)
			move(flow);
		if (was_empty)
			rest -= (int)flow->end;
	}
}

static void carry(struct relay *relay, const struct entered *entered, int container, struct flow flows[3])
{
	for (;;) {
		struct pollfd events[6] = {
			{.fd = entered->pidfd, .events = POLLIN},
			{.fd = relay->signals, .events = POLLIN},
			{.fd = container, .events = POLLIN},
			wish(&flows[0]),
			wish(&flows[1]),
			wish(&flows[2]),
		};

		if (poll(events, ARRAY_SIZE(events), -1) < 0)
			continue; /* EINTR: nothing else can be */
		if (events[1].revents)
			forward_signals(relay, entered);
		if (events[2].revents) { /* with a pid namespace of its own the kernel has done it */
			(void)kill(-entered->pid, SIGKILL);
			container = -1;
		}
		for (int i = 0; i < 3; i++)
			if (events[i + 3].revents)
				move(&flows[i]);
		if (events[0].revents)
			return;
	}
}

/* A terminal takes no more than it has room for, and would hold us at the rest: small pieces. */
static void init_flow(struct flow *flow, struct relay *relay, int number)
{
	flow->theirs = number;
	flow->ours = TAKE_FD(relay->ours[number]);
	flow->input = number == STDIN_FILENO;
	flow->most = isatty(number) ? 1024 : sizeof(flow->bytes);
	flow->start = flow->end = 0;
	flow->error = 0;
}

int relay_run(
	struct relay *relay, const struct entered *entered, int container, int *ret_status, struct err *err)
{
	static struct flow flows[3];
	int error = 0;

	for (int i = 0; i < 3; i++)
		init_flow(&flows[i], relay, i);
	carry(relay, entered, container, flows);
	for (int i = 1; i < 3; i++)
		drain(relay, entered, &flows[i]);
	for (int i = 0; i < 3; i++)
		stop(&flows[i]);
	while (waitpid(entered->pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "wait for the command");
	for (int i = 1; i < 3 && !error; i++)
		error = flows[i].error;
	return error ? err_errno(err, error, "write to our own output") : 0;
}
