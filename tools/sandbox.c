/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox.h"

#include "path.h"
#include "run.h"
#include "sandbox_init.h"
#include "util.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/*
 * Root's programs are nobody's in there, not root's: root of the host may write to /proc/sys also from within a user
 * namespace (proc_sys_permission asks for the global root's id, and for no capability).
 */
enum {
	NOBODY = 65534,
	NAMESPACES = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
};

/* A run, seen from outside. Ends of pipes: index 0 is read from, 1 written to. */
struct process {
	pid_t pid; /* its process 1; 0: none */
	int output[2], report[2], go[2];
	int64_t deadline; /* in milliseconds of the monotonic clock */
	struct sandbox_report told;
	bool ended; /* TOLD holds */
	struct sandbox_result result;
};

#define PROCESS_NONE                                                                                         \
	((struct process){                                                                                   \
		.output = {FD_NONE, FD_NONE}, .report = {FD_NONE, FD_NONE}, .go = {FD_NONE, FD_NONE}})

static void close_pipe(int pipe[2])
{
	close_keep_errno(&pipe[0]);
	close_keep_errno(&pipe[1]);
}

/* With the first of a pid namespace, all in it are killed, and are gone when it can be waited for. */
static void end(struct process *process)
{
	int saved = errno;

	if (process->pid > 0) {
		(void)kill(process->pid, SIGKILL);
		while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	process->pid = 0;
	errno = saved;
}

static void process_free(struct process *process)
{
	end(process);
	close_pipe(process->output);
	close_pipe(process->report);
	close_pipe(process->go);
	free_keep_errno(&process->result.output);
}

#define cleanup_process __attribute__((cleanup(process_free)))

static int write_file(pid_t pid, const char *name, const char *text)
{
	cleanup_fd int fd = FD_NONE;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* Root in there is one id out here, and there are no others (user_namespaces(7)). */
static int map_ids(pid_t pid, struct err *err)
{
	bool root = geteuid() == 0;
	char users[32], groups[32];
	int rc = 0;

	snprintf(users, sizeof(users), "0 %u 1", root ? NOBODY : geteuid());
	snprintf(groups, sizeof(groups), "0 %u 1", root ? NOBODY : getegid());
	if (!root) /* who has no right to drop groups out here gets none in there */
		rc = write_file(pid, "setgroups", "deny");
	if (rc == 0)
		rc = write_file(pid, "uid_map", users);
	if (rc == 0)
		rc = write_file(pid, "gid_map", groups);
	return rc < 0 ? err_errno(err, -rc, "map the ids of a user namespace") : 0;
}

/* Tools open their output anew, as /dev/stdout: it has to be theirs. */
static int give_output(int output, struct err *err)
{
	if (geteuid() == 0 && fchown(output, NOBODY, NOBODY) < 0)
		return err_errno(err, errno, "give the output to nobody");
	return 0;
}

static int open_pipes(struct process *process, struct err *err)
{
	if (pipe2(process->output, O_CLOEXEC) < 0 || pipe2(process->report, O_CLOEXEC) < 0 ||
		pipe2(process->go, O_CLOEXEC) < 0 || fcntl(process->output[0], F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(process->report[0], F_SETFL, O_NONBLOCK) < 0)
		return err_errno(err, errno, "pipes");
	process->result.output = malloc(SANDBOX_OUTPUT_LIMIT + 1);
	return process->result.output ? 0 : err_errno(err, ENOMEM, "room for the output");
}

static int start(const struct sandbox *sandbox, const char *path, const char *const *argv,
	struct process *process, struct err *err)
{
	const struct sandbox_start start = {
		sandbox, path, argv, process->output[1], process->report[1], process->go[0]};
	struct clone_args arguments = {
		.flags = NAMESPACES | (sandbox->user_namespace ? CLONE_NEWUSER : 0), .exit_signal = SIGCHLD};
	int rc = 0;

	process->pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (process->pid == 0) {
		close(process->go[1]); /* it has to end with our parent */
		sandbox_be_init(&start);
	}
	if (process->pid < 0)
		return err_errno(
			err, errno, "%snamespaces", sandbox->user_namespace ? "user and other " : "");
	close_keep_errno(&process->output[1]);
	close_keep_errno(&process->report[1]);
	if (sandbox->user_namespace)
		rc = map_ids(process->pid, err);
	if (rc == 0 && sandbox->user_namespace)
		rc = give_output(process->output[0], err);
	/* Where memory runs short, it is the first that the kernel kills, not what the host is for. */
	(void)write_file(process->pid, "oom_score_adj", "1000");
	/* EPIPE: it ended already, which its silence tells. */
	if (rc == 0 && write(process->go[1], "", 1) < 0 && errno != EPIPE)
		rc = err_errno(err, errno, "start the sandbox");
	return rc;
}

/* Takes what is there to be read: the first SANDBOX_OUTPUT_LIMIT bytes stay. Returns false at its end. */
static bool take_output(struct process *process)
{
	struct sandbox_result *result = &process->result;
	char rest[4096];

	for (;;) {
		size_t room = SANDBOX_OUTPUT_LIMIT - result->length;
		/* cppcheck-suppress legacyUninitvar ; read fills it */
		ssize_t got = read(process->output[0], room ? result->output + result->length : rest,
			room ? room : sizeof(rest));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 && errno == EAGAIN;
		result->length += room ? (size_t)got : 0;
		/* A flood must not keep us from looking at the time. */
		if (!room || (size_t)got == room)
			return true;
	}
}

/* The last report counts, but for a refusal: the process that reported it has ended with a status, too. */
static bool take_report(struct process *process)
{
	struct sandbox_report report;
	ssize_t got = read(process->report[0], &report, sizeof(report));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got != sizeof(report))
		return false;
	report.err.text[sizeof(report.err.text) - 1] = '\0';
	if (!process->ended || process->told.kind != SANDBOX_REFUSED)
		process->told = report;
	process->ended = true;
	return report.kind == SANDBOX_REFUSED;
}

/* Until it has told how it ended, or its time is up. */
static int follow(const struct sandbox *sandbox, struct process *process, struct err *err)
{
	struct pollfd wanted[] = {{.fd = sandbox->cancel, .events = POLLIN},
		{.fd = process->report[0], .events = POLLIN}, {.fd = process->output[0], .events = POLLIN}};

	for (;;) {
		int64_t left = process->deadline - util_now();

		if (left <= 0) {
			process->result.end = SANDBOX_TIMEOUT;
			return 0;
		}
		if (poll(wanted, ARRAY_SIZE(wanted), (int)left) < 0 && errno != EINTR)
			return err_errno(err, errno, "wait for the sandbox");
		if (run_cancelled(sandbox->cancel))
			return err_set(err, ECANCELED, "interrupted");
		if (wanted[2].revents && !take_output(process))
			wanted[2].fd = -1;
		if (wanted[1].revents && !take_report(process))
			return 0;
	}
}

/* What it told, as a result. */
static int judge(struct process *process, struct err *err)
{
	struct sandbox_result *result = &process->result;
	int number = process->told.number;

	if (result->end == SANDBOX_TIMEOUT)
		return 0;
	if (!process->ended)
		return err_set(err, EIO, "the sandbox ended before its time");
	if (process->told.kind == SANDBOX_FAILED) {
		*err = process->told.err;
		err->number = err->number > 0 ? err->number : EIO;
		return -err->number;
	}
	if (process->told.kind == SANDBOX_REFUSED)
		result->end = SANDBOX_NOT_RUN;
	else
		result->end = WIFSIGNALED(number) ? SANDBOX_SIGNALED : SANDBOX_EXITED;
	result->value = result->end == SANDBOX_NOT_RUN    ? number
			: result->end == SANDBOX_SIGNALED ? WTERMSIG(number)
							  : WEXITSTATUS(number);
	return 0;
}

int sandbox_run(const struct sandbox *sandbox, const char *path, const char *const *argv,
	struct sandbox_result *ret, struct err *err)
{
	cleanup_process struct process process = PROCESS_NONE;
	int rc = open_pipes(&process, err);

	process.deadline = util_now() + SANDBOX_SECONDS * INT64_C(1000);
	if (rc == 0)
		rc = start(sandbox, path, argv, &process, err);
	if (rc == 0)
		rc = follow(sandbox, &process, err);
	if (rc == 0) {
		end(&process);
		(void)take_output(&process);
		rc = judge(&process, err);
	}
	if (rc < 0)
		return rc;
	process.result.output[process.result.length] = '\0';
	*ret = process.result;
	process.result.output = NULL;
	return 0;
}

static int try(const struct sandbox *sandbox, struct err *err)
{
	struct sandbox_result result;
	int rc = sandbox_run(sandbox, NULL, NULL, &result, err);

	if (rc < 0)
		return rc;
	free(result.output);
	return result.end == SANDBOX_EXITED ? 0 : err_errno(err, ETIMEDOUT, "set up the sandbox");
}

int sandbox_open(int tree, const char *name, int cancel, struct sandbox *ret, struct err *err)
{
	struct sandbox sandbox = {tree, cancel, true};
	int rc = try(&sandbox, err);

	if (rc == -ECANCELED)
		return rc;
	if (rc < 0 && geteuid() != 0)
		return err_prefix(err, "no sandbox can be made (it needs user namespaces, or root)");
	if (rc < 0) {
		if (path_check_trusted(tree, name, ERR_IGNORED) < 0)
			return err_prefix(
				err, "%s: not root's alone, and no user namespace to run it in", name);
		sandbox.user_namespace = false;
		rc = try(&sandbox, err);
	}
	if (rc < 0)
		return rc == -ECANCELED ? rc : err_prefix(err, "no sandbox can be made");
	*ret = sandbox;
	return 0;
}
