/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "run.h"

#include "confine.h"
#include "err.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until FD has something. DEADLINE: 0: none. */
static int wait_for(int fd, int cancel, int64_t deadline)
{
	struct pollfd wanted[] = {{.fd = fd, .events = POLLIN}, {.fd = cancel, .events = POLLIN}};
	int64_t left = deadline ? deadline - milliseconds() : -1;

	if (deadline && left <= 0)
		return -ETIME;
	if (poll(wanted, 2, left > INT_MAX ? INT_MAX : (int)left) < 0 && errno != EINTR)
		return -errno;
	if (wanted[1].revents)
		return -ECANCELED;
	return wanted[0].revents != 0;
}

/* What was read, with a NUL behind it. */
struct output {
	char *text;
	size_t used, size;
};

/* Room for some bytes more, as far as LIMIT and one, which tells "at the limit" from "beyond it". */
static int grow(struct output *output, size_t limit)
{
	size_t size = output->size ? output->size * 2 : 16384;
	char *bigger;

	if (output->used < output->size)
		return 0;
	size = size > limit ? limit + 1 : size;
	bigger = realloc(output->text, size + 1);
	if (!bigger)
		return -ENOMEM;
	output->text = bigger;
	output->size = size;
	return 0;
}

/* Reads up to end of file. */
static int collect(const struct run *run, int fd, struct output *output)
{
	size_t limit = run->limit ?: OUTPUT_LIMIT;
	int64_t deadline = run->seconds ? milliseconds() + (int64_t)run->seconds * 1000 : 0;

	for (;;) {
		int rc = grow(output, limit);
		ssize_t got;

		if (rc == 0)
			rc = wait_for(fd, run->cancel, deadline);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		got = read(fd, output->text + output->used, output->size - output->used);
		if (got < 0 && errno != EINTR)
			return -errno;
		output->used += got > 0 ? (size_t)got : 0;
		output->text[output->used] = '\0';
		if (got == 0)
			return 0;
		if (output->used > limit)
			return -EFBIG;
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

static int start(const struct run *run, int output, pid_t *ret_pid)
{
	const struct confine_files files = {.output = output,
		.to = run->output == RUN_STDOUT ? STDOUT_FILENO : STDERR_FILENO,
		.directory = run->directory,
		.file = run->file ?: FD_NONE};

	return run->confined ? confine_spawn(run->argv, &files, ret_pid) : spawn(run, output, ret_pid);
}

int run_program(const struct run *run, char **ret_text, int *ret_status, struct err *err)
{
	cleanup_fd int reading = FD_NONE, writing = FD_NONE;
	struct output output = {0};
	int ends[2], status, rc;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "run %s: pipe", run->argv[0]);
	reading = ends[0];
	writing = ends[1];
	rc = start(run, writing, &pid);
	if (rc < 0)
		return err_errno(err, -rc, "run %s", run->argv[0]);
	close_keep_errno(&writing);
	rc = collect(run, reading, &output);
	if (rc < 0)
		kill(pid, SIGKILL); /* NOLINT(clang-analyzer-core.CallAndMessage): start has set it */
	status = reap(pid);         /* NOLINT(clang-analyzer-core.CallAndMessage): start has set it */
	if (rc < 0) {
		free_keep_errno(&output.text);
		return err_errno(err, -rc, "run %s", run->argv[0]);
	}
	*ret_text = output.text;
	*ret_status = status;
	return 0;
}
