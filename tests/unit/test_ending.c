/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What ends processes and waits for them: by a mark, by their control group. They are ours, but where root is needed that is
 * said. Each has to be done by events alone: pauses are counted, by a poll(2) of our own.
 */
#include "cgroup_session.h"
#include "err.h"
#include "mark.h"
#include "mountinfo.h"
#include "tap.h"
#include "target.h"
#include "util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { SLACK = MARK_BASE + 1234, OTHERS = 30 };

static int pauses;

/* The library's calls come here. */
int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec time = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};

	pauses += timeout > 0 && count == 0;
	return (int)syscall(SYS_ppoll, fds, count, timeout < 0 ? NULL : &time, NULL, 8);
}

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	pauses++;
	return (int)syscall(SYS_nanosleep, time, rest);
}

/*
 * A process that makes OTHERS, one after the other for as long as it lives, once it is told to by the descriptor that is returned. All
 * have SLACK. They end with us, whatever becomes of the test.
 */
static pid_t make_processes(uint64_t slack, int *ret_go)
{
	int go[2], ready[2];
	pid_t pid, test = getpid();
	char byte;

	fflush(stdout);
	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		mark_set(slack);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		for (int i = 0; i < OTHERS && getppid() == test; i++)
			if (fork() == 0) {
				alarm(20);
				pause();
			}
		alarm(20);
		pause();
		_exit(0);
	}
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	*ret_go = go[1];
	return pid;
}

/* Waits for all, which have to have been killed. Returns how many there were. */
static int reap_killed(void)
{
	int count = 0, status;

	while (wait(&status) > 0)
		count += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return count;
}

static void test_await(void)
{
	int go, waits = pauses;
	pid_t pid = make_processes(SLACK, &go);
	cleanup_target struct target target = TARGET_NONE;
	int64_t start = util_now();

	tap_number(target_open(pid, 0, &target, ERR_IGNORED), 0, "a process is held");
	tap_ok(!target_await_end(target.pidfd, 0), "it has not ended");
	tap_ok(!target_await_end(target.pidfd, start + 30) && util_now() >= start + 30, "nor 30 ms later");
	kill(pid, SIGKILL);
	tap_ok(target_await_end(target.pidfd, util_now() + 10000), "its end is seen");
	tap_ok(target_await_end(target.pidfd, 0), "and stays so, though nobody has waited for it");
	tap_number(reap_killed(), 1, "it was killed");
	tap_ok(target_await_end(target.pidfd, 0), "nor does that change anything");
	tap_ok(util_now() < start + 5000, "none of it takes long");
	tap_number(pauses, waits, "without a pause");
	close(go);
}

/* Those that have ended keep their mark until somebody waits for them, which in a container may be nobody. */
static void test_mark(void)
{
	int go, waits = pauses;
	pid_t pid = make_processes(SLACK, &go);
	cleanup_target struct target target = TARGET_NONE;
	struct err err = {0};
	struct mark mark;
	int64_t start;

	tap_number(target_open(pid, 0, &target, ERR_IGNORED), 0, "a process is held");
	(void)!write(go, "x", 1);
	mark = mark_read(target.proc, SLACK, target.proc, target.proc);
	start = util_now();
	if (mark.slack) {
		tap_ok(mark_is_in_use(&mark), "the mark is in use");
		tap_number(
			mark_kill(&mark, 10, &err), 0, "what has the mark is killed, while it makes others");
		tap_ok(!mark_is_in_use(&mark), "those that nobody has waited for have ended");
		tap_ok(util_now() < start + 5000, "that does not take long");
		tap_number(pauses, waits, "without a pause");
	} else {
		tap_skip("cannot run here: needs CAP_SYS_NICE", "processes with a mark");
		kill(pid, SIGKILL);
	}
	tap_ok(reap_killed() >= 1, "all were killed");
	close(go);
}

/* Where the hierarchy TYPE with OPTION is mounted; the caller's. */
static char *find_hierarchy(const char *type, const char *option)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;

	if (target_read_mounts(self, &table, ERR_IGNORED) < 0)
		return NULL;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (strcmp(entry.type, type) == 0 && (!option || mountinfo_has_option(entry.super, option)))
			return strdup(entry.point);
	return NULL;
}

static bool join_group(const char *path, pid_t pid)
{
	cleanup_free char *file = util_printf("%s/cgroup.procs", path);
	cleanup_fd int fd = open(file, O_WRONLY | O_CLOEXEC);
	char digits[16];
	int length = snprintf(digits, sizeof(digits), "%d", pid);

	return fd >= 0 && write(fd, digits, (size_t)length) == length;
}

static void test_group(const char *type, const char *option)
{
	cleanup_free char *point = find_hierarchy(type, option), *path = NULL;
	int go, waits = pauses;
	pid_t pid = make_processes(SLACK, &go);
	struct err err = {0};
	int64_t start = util_now();

	path = util_printf("%s/" CGROUP_SESSION_PREFIX "%d", point ? point : "/nowhere", pid);
	if (mkdir(path, 0755) == 0 && join_group(path, pid)) {
		tap_number(cgroup_session_remove_path(path, false, &err), -EBUSY, "%s: it is in use", type);
		(void)!write(go, "x", 1);
		tap_number(cgroup_session_remove_path(path, true, &err), 0,
			"%s: it is emptied, while others are made, and removed", type);
		tap_ok(access(path, F_OK) < 0, "%s: it is not there any more", type);
		tap_ok(util_now() < start + 5000, "%s: that does not take long", type);
		tap_number(pauses, waits, "%s: without a pause", type);
	} else {
		tap_skip("cannot run here: no group can be made", "%s: what is in a group", type);
		kill(pid, SIGKILL);
	}
	tap_ok(reap_killed() >= 1, "%s: all were killed", type);
	(void)rmdir(path);
	close(go);
}

int main(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER,
		1); /* what they make is ours to wait for, and not waited for before we are done */
	test_await();
	test_mark();
	test_group("cgroup2", NULL);
	test_group("cgroup", "pids");
	return tap_done();
}
