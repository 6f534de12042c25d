/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include "err.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
static const int changing[] = {SIGWINCH, SIGTSTP, SIGCONT};

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

/* Our end is the master, twice: each direction ends by itself. Standard error has no way of its own. */
static int use_pty(struct relay *relay, int number)
{
	relay->stdio[number] = relay->pty.slave;
	if (number == STDERR_FILENO)
		return 0;
	relay->ours[number] = fcntl(relay->pty.master, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return relay->ours[number] < 0 ? -errno : 0;
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

/* Errors that go to the same place as output; others stay apart. */
static bool is_for_pty(const struct relay *relay, int number)
{
	return relay->pty.slave >= 0 &&
	       (number != STDERR_FILENO || (isatty(STDERR_FILENO) && relay->terminal.output.fd >= 0));
}

static int open_standard(struct relay *relay, struct err *err)
{
	for (int i = 0; i < 3; i++) {
		int rc = 0;

		if (fcntl(i, F_GETFD) < 0)
			return err_set(err, EBADF, "standard descriptor %d is closed", i);
		if (is_for_pty(relay, i))
			rc = use_pty(relay, i);
		else if (!may_hand_over(i))
			rc = open_pipe(relay, i);
		if (rc < 0)
			return err_errno(err, -rc, "make a pipe");
	}
	return 0;
}

/* It begins as the caller's is: erase character, UTF-8, size. */
static int open_terminal(struct relay *relay, struct err *err)
{
	struct winsize size;
	int rc = pty_open(&relay->pty, err);

	if (rc < 0)
		return rc;
	terminal_open(&relay->terminal);
	if (relay->terminal.input.fd >= 0)
		(void)tcsetattr(relay->pty.slave, TCSANOW, &relay->terminal.input.saved);
	if (terminal_size(&relay->terminal, &size))
		(void)ioctl(relay->pty.master, TIOCSWINSZ, &size);
	return 0;
}

/*
 * Blocks signals, to be read from a descriptor. What the caller has us ignore (nohup, a background job of a script) is not the
 * command's affair either.
 */
static int hold_signals(const int *signals, size_t count)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < count; i++)
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int relay_open(bool terminal, struct relay *ret, struct err *err)
{
	cleanup_relay struct relay relay = RELAY_NONE;
	int rc = terminal ? open_terminal(&relay, err) : 0;

	if (rc == 0)
		rc = open_standard(&relay, err);
	if (rc < 0)
		return rc;
	relay.signals = hold_signals(forwarded, ARRAY_SIZE(forwarded));
	if (relay.signals < 0)
		return err_errno(err, errno, "hold signals");
	if (terminal_exists(&relay.terminal)) {
		relay.changes = hold_signals(changing, ARRAY_SIZE(changing));
		if (relay.changes < 0)
			return err_errno(err, errno, "hold signals");
	}
	(void)signal(SIGPIPE, SIG_IGN);
	*ret = relay;
	relay = RELAY_NONE;
	return 0;
}

/* The slave stays open here as well: a session that has closed its own for a while is not over (the master's POLLHUP). */
static void close_theirs(struct relay *relay)
{
	for (int i = 0; i < 3; i++)
		if (relay->ours[i] >= 0 && relay->stdio[i] != relay->pty.slave)
			close_keep_errno(&relay->stdio[i]);
}

/*
 * Input and output that were handed over are the command's alone: when it has closed them, the other end of the pipe has to
 * be told, by the end of file or SIGPIPE, though we are still here. Errors are ours to write, too.
 */
static void forget_handed_over(const struct relay *relay)
{
	cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; null >= 0 && i < 2; i++)
		if (relay->stdio[i] == i && relay->ours[i] < 0)
			(void)dup2(null, i);
}

void relay_started(struct relay *relay)
{
	forget_handed_over(relay);
	close_theirs(relay);
}

void relay_close(struct relay *relay)
{
	close_theirs(relay);
	for (int i = 0; i < 3; i++)
		close_keep_errno(&relay->ours[i]);
	close_keep_errno(&relay->signals);
	close_keep_errno(&relay->changes);
	pty_close(&relay->pty);
	terminal_close(&relay->terminal);
}
