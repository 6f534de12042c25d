/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A terminal for a session: its two ends, its owner, and whoever is left of the session. Without root. */
#include "err.h"
#include "pty.h"
#include "sys.h"
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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

/* How many children there were that have ended by SIGKILL; the leader is one more, and has ended by itself. */
static int reap_killed(void)
{
	int count = 0, status;

	while (wait(&status) > 0)
		count += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return count;
}

static void test_session(void)
{
	pid_t leader = make_session(3);
	int64_t start = util_now();

	tap_ok(!pty_end_session(leader, 0, 0), "others of a session are seen");
	tap_ok(!pty_end_session(leader, 0, start + 30) && util_now() >= start + 30,
		"and waited for till the time has come");
	tap_ok(!pty_end_session(leader, SIGTERM, util_now() + 30), "a signal that they ignore");
	tap_ok(pty_end_session(leader, SIGKILL, util_now() + 60000),
		"and one that ends them: none is left, though nobody has waited for them");
	tap_ok(util_now() < start + 30000, "it does not take until the time has come");
	tap_number(reap_killed(), 3, "all but the leader were killed, also in another group");
	tap_ok(pty_end_session(leader, SIGKILL, 0), "a session that is over has none");
}

/* Waited for without a signal, as after one that they heed. */
static void test_wait(void)
{
	pid_t leader = make_session(1), child;
	int64_t start = util_now();

	fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)poll(NULL, 0, 50);
		(void)pty_end_session(leader, SIGKILL, 0);
		_exit(0);
	}
	tap_ok(pty_end_session(leader, 0, start + 60000) && util_now() < start + 30000,
		"the end of a session is waited for");
	(void)reap_killed();
}

int main(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* those that nobody has waited for do not count */
	test_ends();
	test_session();
	test_wait();
	return tap_done();
}
