/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the process of a record lives: by the inode of its pidfd, and by its start time, with the same answer. */
#include "err.h"
#include "living.h"
#include "record.h"
#include "sys.h"
#include "tap.h"
#include "target.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct living living = LIVING_NONE;

/* As the hook writes it. *RET_INODE: 0 where the kernel has no such numbers. */
static struct record record_of(pid_t pid, uint64_t *ret_inode)
{
	cleanup_target struct target target = TARGET_NONE;
	struct err err = {0};

	if (target_open(pid, 0, &target, &err) < 0)
		abort();
	*ret_inode = target_inode(target.pidfd);
	return (struct record){.id = "c",
		.pid = pid,
		.start_time = target.start_time,
		.pid_namespace = living.pid_namespace,
		.pidfd_inode = *ret_inode};
}

static bool is_gone(struct record record, uint64_t inode, uint64_t start_time)
{
	record.pidfd_inode = inode;
	record.start_time = start_time;
	return living_is_gone(&living, &record);
}

static void test_self(void)
{
	uint64_t inode;
	struct record record = record_of(getpid(), &inode);

	tap_ok(!living_is_gone(&living, &record), "this process lives");
	tap_ok(!is_gone(record, 0, record.start_time), "by its start time alone as well");
	tap_ok(!is_gone(record, inode + 1, record.start_time), "and with a number that says nothing");
	tap_ok(is_gone(record, 0, record.start_time + 1), "one of another start time does not");
	tap_ok(is_gone(record, inode + 1, record.start_time + 1), "nor one of another number");
	if (inode)
		tap_ok(!is_gone(record, inode, record.start_time + 1), "its own number is enough");
	record.pid_namespace++;
	tap_ok(!is_gone(record, inode + 1, record.start_time + 1),
		"nobody knows of one of another pid namespace");
}

static void test_numbers(void)
{
	pid_t child = fork();
	uint64_t ours, theirs;

	if (child == 0)
		for (;;)
			pause();
	(void)record_of(getpid(), &ours);
	(void)record_of(child, &theirs);
	tap_ok(!ours == !theirs && (!ours || ours != theirs), "another process has another number");
	kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	tap_number((int64_t)target_inode(STDIN_FILENO), 0, "what is no pidfd has none");
	tap_number((int64_t)target_inode(FD_NONE), 0, "nor what is not open");
}

/* It ends; and while nobody has waited for it, it is a zombie. */
static void test_ended(void)
{
	pid_t child = fork();
	siginfo_t info;
	uint64_t inode;
	struct record record;

	if (child == 0)
		for (;;)
			pause();
	record = record_of(child, &inode);
	tap_ok(!living_is_gone(&living, &record), "a child lives");
	kill(child, SIGKILL);
	(void)waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	tap_ok(living_is_gone(&living, &record), "a zombie does not");
	tap_ok(is_gone(record, 0, record.start_time), "whatever it is told by");
	(void)waitpid(child, NULL, 0);
	tap_ok(living_is_gone(&living, &record), "it is gone");
	tap_ok(is_gone(record, 0, record.start_time), "whatever that is told by");
}

int main(void)
{
	if (living_open(&living, ERR_IGNORED) < 0)
		abort();
	test_self();
	test_numbers();
	test_ended();
	living_close(&living);
	return tap_done();
}
