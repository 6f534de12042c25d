/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guardian.h"

#include "audit.h"
#include "session_work.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static const char name[] = "crashcart-guard";

/* Also in /proc/PID/cmdline: who looks for the command that runs finds one process of ours, and not two. */
static void name_arguments(char **arguments)
{
	char *last = *arguments;
	size_t size;

	if (!last)
		return;
	for (char **argument = arguments; *argument; argument++)
		last = *argument + strlen(*argument);
	size = (size_t)(last + 1 - *arguments);
	memset(*arguments, 0, size);
	(void)snprintf(*arguments, size, "%s", name);
}

/* No signal of the caller's terminal or process group is meant for us, and nothing waits for what we hold open. */
static void stand_aside(struct session_work *work)
{
	struct terminal terminal = work->relay.terminal;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	/* Not "dbg-inject": who kills that by name means a session, and not what cleans up after it. */
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);
	name_arguments(work->context->arguments);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	close_keep_errno(&null);
	(void)!chdir("/");
	work->relay.terminal = TERMINAL_NONE;
	relay_close(&work->relay);
	work->relay.terminal = terminal;
	session_let_go(work);
}

/* What has come to be known since we were made. */
static void take_over(struct session_work *work)
{
	work->entered.pid = work->guarded->pid;
	work->mark = work->guarded->mark;
	if (work->entered.pid)
		cgroup_session_name(&work->surroundings.own, work->entered.pid);
}

static _Noreturn void guard(struct session_work *work)
{
	struct pollfd event = {.fd = work->self.pidfd, .events = POLLIN};

	stand_aside(work);
	while (poll(&event, 1, -1) < 0)
		continue;
	take_over(work);
	(void)mark_kill(&work->mark, MARK_SECONDS, ERR_IGNORED);
	terminal_restore_left(&work->relay.terminal);
	audit(work->meant.container, "dbg-inject was killed: ended what its command has left");
	(void)session_end(work, 0);
	_exit(0);
}

int guardian_start(struct session_work *work, struct err *err)
{
	work->guarded =
		mmap(NULL, sizeof(*work->guarded), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work->guarded == MAP_FAILED)
		return err_errno(err, errno, "make memory for two processes");
	work->guardian = fork();
	if (work->guardian == 0)
		guard(work);
	return work->guardian < 0 ? err_errno(err, errno, "make a process") : 0;
}

void guardian_end(struct session_work *work)
{
	if (work->guardian <= 0)
		return;
	(void)kill(work->guardian, SIGKILL);
	while (waitpid(work->guardian, NULL, 0) < 0 && errno == EINTR)
		continue;
	work->guardian = 0;
}
