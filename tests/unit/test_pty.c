/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A terminal for a session: its two ends, its owner, and whoever is left of the session. Without root. */
#include "err.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void test_ends(void)
{
	cleanup_pty struct pty pty = PTY_NONE;
	struct err err = {0};
	char text[16] = "";

	if (!tap_number(pty_open(&pty, &err), 0, "a terminal is made"))
		return;
	tap_ok(isatty(pty.slave), "its slave is a terminal");
	tap_ok(fcntl(pty.master, F_GETFL) & O_NONBLOCK, "the master does not block");
	tap_ok(!(fcntl(pty.slave, F_GETFL) & O_NONBLOCK), "the slave does");
	tap_ok(fcntl(pty.master, F_GETFD) & FD_CLOEXEC && fcntl(pty.slave, F_GETFD) & FD_CLOEXEC,
		"both are closed by an exec");
	tap_number(write(pty.master, "line\n", 5), 5, "what is typed");
	tap_number(read(pty.slave, text, sizeof(text)), 5, "is read");
	tap_string(text, "line\n", "as it is");
}

/* A session of a leader and COUNT others, one of them in a group of its own. The leader has ended: nobody has waited for it. */
static pid_t make_session(int count)
{
	int ready[2];
	siginfo_t info;
	pid_t leader;
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0 || (leader = fork()) < 0)
		abort();
	if (leader == 0) {
		setsid();
		for (int i = 0; i < count; i++) {
			if (fork() != 0)
				continue;
			(void)signal(SIGTERM, SIG_IGN);
			if (i == 0)
				setpgid(0, 0);
			(void)!write(ready[1], "x", 1);
			for (;;)
				pause();
		}
		for (int i = 0; i < count; i++)
			(void)!read(ready[0], &byte, 1);
		_exit(0);
	}
	close(ready[0]);
	close(ready[1]);
	waitid(P_PID, (id_t)leader, &info, WEXITED | WNOWAIT);
	return leader;
}

static int wait_until_none(pid_t leader)
{
	int count = 0;

	for (int i = 0; i < 500 && (count = pty_signal_session(leader, 0)) > 0; i++)
		(void)poll(NULL, 0, 10);
	return count;
}

static void test_session(void)
{
	pid_t leader = make_session(3);

	tap_number(pty_signal_session(leader, 0), 3, "all of a session but its leader are counted");
	tap_number(pty_signal_session(leader, SIGTERM), 3, "a signal that they ignore");
	tap_number(pty_signal_session(leader, SIGKILL), 3, "and one that ends them, also another group");
	tap_number(wait_until_none(leader), 0, "none is left");
	waitpid(leader, NULL, 0);
	tap_number(pty_signal_session(leader, SIGKILL), 0, "a session that is over has none");
}

int main(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* zombies do not count */
	test_ends();
	test_session();
	return tap_done();
}
