/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aside.h"

#include "err.h"
#include "util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* What the child says: fewer than PIPE_BUF bytes, so that it comes whole. */
struct outcome {
	int rc;
	struct err err;
};

/* No signal at its end, which might reach the runtime: so the plain system call, for a program without threads. */
static pid_t fork_in_silence(void)
{
	return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

static _Noreturn void be_child(
	pid_t parent, int pipe_end, int (*work)(void *context, struct err *err), void *context)
{
	struct outcome outcome = {0};

	/* It ends with its parent; and is not to be looked into by a container of the host's pid namespace. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (getppid() == parent) {
		outcome.rc = work(context, &outcome.err);
		(void)!write(pipe_end, &outcome, sizeof(outcome));
	}
	_exit(0);
}

static int milliseconds_left(const struct timespec *end)
{
	struct timespec now;
	long left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = (end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return left > 0 ? (int)left : 0;
}

static bool wait_for(int pipe_end, struct outcome *ret)
{
	struct pollfd event = {.fd = pipe_end, .events = POLLIN};
	struct timespec end;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ASIDE_SECONDS;
	do
		rc = poll(&event, 1, milliseconds_left(&end));
	while (rc < 0 && errno == EINTR);
	return rc == 1 && read(pipe_end, ret, sizeof(*ret)) == sizeof(*ret);
}

int aside(int (*work)(void *context, struct err *err), void *context, struct err *err)
{
	cleanup_fd int ours = FD_NONE, theirs = FD_NONE;
	struct outcome outcome;
	pid_t parent = getpid(), child;
	int ends[2];
	bool told;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "make a pipe");
	ours = ends[0];
	theirs = ends[1];
	child = fork_in_silence();
	if (child < 0)
		return err_errno(err, errno, "make a process");
	if (child == 0)
		be_child(parent, theirs, work, context);
	close_keep_errno(&theirs);
	told = wait_for(ours, &outcome);
	if (!told)
		kill(child, SIGKILL);
	while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
		continue;
	if (!told)
		return err_set(
			err, ECHILD, "it crashed, or did not come to an end in %d seconds", ASIDE_SECONDS);
	*err = outcome.err;
	return outcome.rc;
}
