/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_LIMIT = 256 * 1024 };

int run_cancelled(int cancel)
{
	struct pollfd wanted = {.fd = cancel, .events = POLLIN};

	return cancel >= 0 && poll(&wanted, 1, 0) > 0;
}

/* Blocked signals are inherited over exec: the child gets none of ours, so that an interrupt of the
 * terminal ends it too. */
static int spawn(const struct run *run, int output, pid_t *ret_pid)
{
	int to = run->output == RUN_STDOUT ? STDOUT_FILENO : STDERR_FILENO;
	int other = run->output == RUN_STDOUT ? STDERR_FILENO : STDOUT_FILENO;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&actions, other, "/dev/null", O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, output, to);
	if (rc == 0 && run->directory >= 0)
		rc = posix_spawn_file_actions_addfchdir_np(&actions, run->directory);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (rc == 0) /* the arguments are not written to: the interface is older than const */
		rc = posix_spawnp(ret_pid, run->argv[0], &actions, &attributes,
			(char *const *)(uintptr_t)run->argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

/* Fills TEXT up to end of file. */
static int collect(int fd, int cancel, char *text, size_t *used)
{
	for (;;) {
		struct pollfd wanted[] = {{.fd = fd, .events = POLLIN}, {.fd = cancel, .events = POLLIN}};
		ssize_t got;

		if (poll(wanted, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (wanted[1].revents)
			return -ECANCELED;
		if (!wanted[0].revents)
			continue;
		got = read(fd, text + *used, OUTPUT_LIMIT - *used);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return *used == OUTPUT_LIMIT ? -EFBIG : 0;
		*used += got > 0 ? (size_t)got : 0;
	}
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_program(const struct run *run, char **ret_text, int *ret_status, struct err *err)
{
	cleanup_free char *text = calloc(1, OUTPUT_LIMIT + 1);
	cleanup_fd int reading = FD_NONE, writing = FD_NONE;
	int ends[2], status, rc;
	size_t used = 0;
	pid_t pid;

	if (!text)
		return err_errno(err, ENOMEM, "run %s", run->argv[0]);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "run %s: pipe", run->argv[0]);
	reading = ends[0];
	writing = ends[1];
	rc = spawn(run, writing, &pid);
	if (rc < 0)
		return err_errno(err, -rc, "run %s", run->argv[0]);
	close_keep_errno(&writing);
	rc = collect(reading, run->cancel, text, &used);
	if (rc < 0)
		kill(pid, SIGKILL);
	status = reap(pid);
	if (rc < 0)
		return err_errno(err, -rc, "run %s", run->argv[0]);
	*ret_text = TAKE_PTR(text);
	*ret_status = status;
	return 0;
}
