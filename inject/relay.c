/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include "bounds.h"
#include "enter.h"
#include "err.h"
#include "flow.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

/*
 * HELD: more than a terminal can hold that has not been read, what the kernel's two buffers take (N_TTY_BUF_SIZE,
 * TTYB_DEFAULT_MEM_LIMIT). KILL: what processes that are killed have to be gone. REST: until a look
 * whether we are in the foreground again, of which nothing tells.
 */
enum { PTY_HELD = 128 << 10, KILL_MILLISECONDS = 200, REST_MILLISECONDS = 500 };

/* A session at work. */
struct work {
	struct relay *relay;
	struct entered *entered;
	struct flow *flows; /* three */
	int ending;         /* the signal that ends the session from outside; 0: none does */
	int64_t deadline;   /* of ENDING, milliseconds of CLOCK_MONOTONIC */
	bool killed;
};

/* The group: a shell's tool gets it as well. The leader is ours to reap, so the number is no other group's. */
static void send_group(const struct work *work, int signal)
{
	(void)kill(-work->entered->pid, signal);
}

static void kill_session(struct work *work)
{
	send_group(work, SIGKILL);
	(void)pty_end_session(work->entered->pid, SIGKILL, 0);
	work->killed = true;
}

/* With the last descriptor of the master's the kernel hangs up the slave: SIGHUP, and end of file. */
static void close_terminal(struct work *work)
{
	flow_stop(&work->flows[0]);
	flow_stop(&work->flows[1]);
	pty_close(&work->relay->pty);
}

/*
 * Ends a session with a terminal. An interactive shell heeds no SIGTERM, but SIGHUP, which it passes on to its jobs. After
 * SIGTERM its terminal stays for a last word; otherwise ours is gone as well. Who asks a second time gets it at once.
 */
static void end_session(struct work *work, int signal)
{
	if (work->ending) {
		kill_session(work);
		return;
	}
	work->ending = signal;
	work->deadline = util_now() + GRACE_SECONDS * INT64_C(1000);
	send_group(work, signal);
	if (signal != SIGHUP)
		send_group(work, SIGHUP);
	send_group(work, SIGCONT);
	if (signal != SIGTERM)
		close_terminal(work);
}

static void forward(struct work *work, int signal)
{
	int master = work->relay->pty.master;
	bool direct = work->relay->pty.slave < 0 && !work->ending;

	if (!direct && (signal == SIGTERM || signal == SIGHUP))
		end_session(work, signal);
	else if (!direct &&
		 (signal == SIGINT || signal == SIGQUIT)) /* as Ctrl-C: to the job in the foreground */
		(void)ioctl(master, TIOCSIG, signal);
	else
		send_group(work, signal);
}

/* Returns whether there was one. */
static bool forward_signals(struct work *work)
{
	struct signalfd_siginfo info;
	bool any = false;

	for (; read(work->relay->signals, &info, sizeof(info)) == sizeof(info); any = true)
		forward(work, (int)info.ssi_signo);
	return any;
}

static void pass_size(const struct work *work)
{
	struct winsize size;

	if (work->relay->pty.master >= 0 && terminal_size(&work->relay->terminal, &size))
		(void)ioctl(work->relay->pty.master, TIOCSWINSZ, &size);
}

/* As if it had never been held: in a process group that no shell waits for, the kernel drops it. */
static void stop_here(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	(void)raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* SIGTSTP is ours alone: Ctrl-Z goes to the session as a byte. */
static void heed_changes(struct work *work)
{
	struct terminal *terminal = &work->relay->terminal;
	struct signalfd_siginfo info;

	while (read(work->relay->changes, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP) {
			terminal_restore(terminal, false);
			stop_here();
		}
		if (info.ssi_signo != SIGWINCH)
			terminal_make_raw(terminal);
		pass_size(work);
	}
}

static int find_patience(const struct work *work)
{
	int64_t rest = work->deadline - util_now();

	return rest > 0 ? (int)rest : 0;
}

/* Milliseconds until a session that was asked to end is killed; -1: none was, or it has been. */
static int until_kill(const struct work *work)
{
	return work->ending && !work->killed ? find_patience(work) : -1;
}

/* Milliseconds until something has to be done without any event; -1: nothing. */
static int until_next(const struct work *work)
{
	int patience = enter_patience(work->entered), kill = until_kill(work);

	if (patience < 0 || (kill >= 0 && kill < patience))
		patience = kill;
	return work->flows[0].rests && (patience < 0 || patience > REST_MILLISECONDS) ? REST_MILLISECONDS
										      : patience;
}

/*
 * After the command's end: what it wrote last is still in the pipe, or in the terminal. Not what its children write from now on;
 * and a terminal that takes nothing is waited for until a signal comes, or for what is left of the grace.
 */
static void drain(struct work *work, struct flow *flow)
{
	bool is_pty = work->relay->pty.slave >= 0 && flow == &work->flows[1];
	int rest = 0;

	if (flow->ours < 0 || (!is_pty && ioctl(flow->ours, FIONREAD, &rest) < 0))
		rest = 0;
	else if (is_pty)
		rest = PTY_HELD;
	while (flow->ours >= 0 && (rest > 0 || !flow_is_empty(flow))) {
		struct pollfd events[3] = {flow_wish(flow), {.fd = work->relay->signals, .events = POLLIN},
			{.fd = work->relay->changes, .events = POLLIN}};
		bool was_empty = flow_is_empty(flow);
		/* What is on its way through a terminal, poll waits for, and FIONREAD does not count. */
		int count = poll(events, 3,
			is_pty && was_empty ? 0
			: work->ending      ? find_patience(work)
					    : -1);

		if (count == 0 || (count < 0 && errno != EINTR))
			return;
		if (events[1].revents && forward_signals(work))
			return;
		if (events[2].revents)
			heed_changes(work);
		if (events[0].revents)
			flow_move(flow);
		if (was_empty)
			rest -= (int)flow->end;
	}
}

/* Where there is a terminal, nothing else tells the command that nobody reads any more. */
static void heed_flows(struct work *work)
{
	const struct flow *flows = work->flows;

	if (work->relay->pty.slave >= 0 && !work->ending) {
		if (flows[0].hung_up || flows[1].hung_up)
			end_session(work, SIGHUP);
		else if (flows[1].error)
			end_session(work, SIGPIPE);
	}
	if (until_kill(work) == 0)
		kill_session(work);
}

static void carry(struct work *work, int container)
{
	const struct relay *relay = work->relay;
	struct flow *flows = work->flows;

	for (;;) {
		struct pollfd events[7] = {
			{.fd = work->entered->pidfd, .events = POLLIN},
			{.fd = relay->signals, .events = POLLIN},
			{.fd = relay->changes, .events = POLLIN},
			{.fd = container, .events = POLLIN},
			flow_wish(&flows[0]),
			flow_wish(&flows[1]),
			flow_wish(&flows[2]),
		};

		if (poll(events, ARRAY_SIZE(events), until_next(work)) < 0)
			continue; /* EINTR: nothing else can be */
		if (events[1].revents)
			forward_signals(work);
		if (events[2].revents)
			heed_changes(work);
		if (events[3].revents) { /* with a pid namespace of its own the kernel has done it */
			send_group(work, SIGKILL);
			container = -1;
		}
		for (int i = 0; i < 3; i++)
			if (events[i + 4].revents)
				flow_move(&flows[i]);
		if (events[0].revents)
			return;
		flow_look(&flows[0]);
		heed_flows(work);
	}
}

static void init_flows(struct relay *relay, struct flow flows[3])
{
	static char bytes[3][FLOW_BYTES]; /* memory that nothing is written to costs nothing */
	const struct terminal_end *ends[2] = {&relay->terminal.input, &relay->terminal.output};
	struct termios settings;

	for (int i = 0; i < 3; i++) {
		bool terminal = i < 2 && ends[i]->fd >= 0;

		flow_init(&flows[i], i, terminal ? ends[i]->fd : i, TAKE_FD(relay->ours[i]), bytes[i]);
		flows[i].terminal = terminal;
	}
	/* In the background, what is typed is the shell's: to be stopped for reading ahead of the command would stop its output. */
	if (flows[0].ours >= 0 && !flows[0].terminal && isatty(flows[0].theirs))
		(void)signal(SIGTTIN, SIG_IGN);
	if (relay->pty.slave >= 0 && tcgetattr(relay->pty.slave, &settings) == 0 && settings.c_cc[VEOF])
		flows[0].end_character = settings.c_cc[VEOF];
}

/* The leader has ended, and is not waited for yet. */
static void end_rest(struct work *work)
{
	if (!work->ending)
		return;
	if (work->killed || !pty_end_session(work->entered->pid, 0, work->deadline))
		(void)pty_end_session(work->entered->pid, SIGKILL, util_now() + KILL_MILLISECONDS);
}

static void finish(struct work *work)
{
	for (int i = 1; i < 3; i++)
		drain(work, &work->flows[i]);
	for (int i = 0; i < 3; i++)
		flow_stop(&work->flows[i]);
	terminal_restore(&work->relay->terminal, true);
	end_rest(work);
}

int relay_run(struct relay *relay, struct entered *entered, int container, int *ret_status, struct err *err)
{
	struct flow flows[3] = {0};
	struct work work = {.relay = relay, .entered = entered, .flows = flows};
	int error = 0;

	init_flows(relay, flows);
	terminal_make_raw(&relay->terminal);
	pass_size(&work);
	carry(&work, container);
	finish(&work);
	while (waitpid(entered->pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, errno, "wait for the command");
	for (int i = 1; i < 3 && !error; i++)
		error = flows[i].error;
	if (work.ending)
		*ret_status = work.ending; /* as waitpid tells of a signal */
	if (work.ending == SIGPIPE && error == EPIPE)
		error = 0;
	return error ? err_errno(err, error, "write to our own output") : 0;
}
