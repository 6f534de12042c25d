/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that are held, and told from others: our own and our children, so without root. */
#include "err.h"
#include "mountinfo.h"
#include "tap.h"
#include "target.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A child named NAME (null: as we are) that waits to be killed. */
static pid_t sleeper(const char *name)
{
	int ready[2];
	char byte;
	pid_t pid;

	fflush(stdout);
	if (pipe2(ready, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (name)
			prctl(PR_SET_NAME, name);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Killed, and not waited for. */
static pid_t zombie(void)
{
	pid_t pid = sleeper(NULL);
	siginfo_t info;

	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	return pid;
}

/* Field 22, counted by hand: our own name has neither blanks nor brackets. */
static uint64_t own_start_time(void)
{
	FILE *stream = fopen("/proc/self/stat", "re");
	uint64_t start = 0;

	if (!stream)
		abort();
	for (int field = 1; field < 22; field++)
		if (fscanf(stream, "%*s") == EOF)
			abort();
	if (fscanf(stream, "%" SCNu64, &start) != 1)
		abort();
	fclose(stream);
	return start;
}

static void test_own(void)
{
	cleanup_target struct target target = TARGET_NONE;
	struct err err = {0};

	tap_number(target_open(getpid(), 0, &target, &err), 0, "this process can be held");
	tap_number(target.pid, getpid(), "its pid");
	tap_number((int64_t)target.start_time, (int64_t)own_start_time(), "its start time is field 22");
	tap_number(target_check(&target, &err), 0, "it lives");
	tap_ok((fcntl(target.pidfd, F_GETFD) & FD_CLOEXEC) && (fcntl(target.proc, F_GETFD) & FD_CLOEXEC),
		"its descriptors close on exec");
	tap_ok(!target_is_gone(getpid(), target.start_time, target_pid_namespace()), "it is not gone");
	target_close(&target);
	tap_ok(target.pidfd == FD_NONE && target.proc == FD_NONE, "closed, it is none");
}

static void test_wrong_start_time(void)
{
	struct target target = TARGET_NONE;
	struct err err = {0};
	uint64_t start = own_start_time();

	tap_number(target_open(getpid(), start, &target, &err), 0, "the right start time");
	target_close(&target);
	tap_number(target_open(getpid(), start + 1, &target, &err), -ESRCH,
		"another start time: another process");
	tap_contains(err.text, "another one by now", "it is said");
	tap_ok(target.pidfd == FD_NONE && target.proc == FD_NONE, "nothing is held");
	tap_ok(target_is_gone(getpid(), start + 1, target_pid_namespace()), "and that one is gone");
}

static void not_there(pid_t pid, const char *name)
{
	struct target target = TARGET_NONE;
	struct err err = {0};

	tap_number(target_open(pid, 0, &target, &err), -ESRCH, "%s cannot be held", name);
	tap_ok(err.number == ESRCH && target.pidfd == FD_NONE && target.proc == FD_NONE,
		"it is said, and nothing held");
	tap_ok(target_is_gone(pid, 7, target_pid_namespace()), "%s is gone", name);
	tap_ok(!target_is_gone(pid, 7, target_pid_namespace() + 1),
		"%s: a number in another pid namespace says nothing", name);
}

static void test_pid_namespace(void)
{
	char link[64] = "", wanted[64];

	tap_ok(readlink("/proc/self/ns/pid", link, sizeof(link) - 1) > 0, "our pid namespace has a number");
	snprintf(wanted, sizeof(wanted), "pid:[%" PRIu64 "]", target_pid_namespace());
	tap_string(link, wanted, "which is told");
}

static void test_not_there(void)
{
	pid_t dead = sleeper(NULL), undead = zombie();

	end(dead);
	not_there(dead, "a process that has ended");
	not_there(undead, "a zombie");
	end(undead);
	not_there(0, "pid 0");
	not_there(-1, "pid -1");
	not_there(2147483647, "a pid that no process can have");
}

/* Where it cannot be asked, it is not said to have ended. poll(2) wants no more descriptors than the process may have. */
static void test_unknown(void)
{
	cleanup_target struct target target = TARGET_NONE;
	struct rlimit before, none;
	struct err err = {0};
	int rc;

	tap_number(target_open(getpid(), 0, &target, &err), 0, "this process is held");
	if (getrlimit(RLIMIT_NOFILE, &before) < 0)
		abort();
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &none) < 0)
		abort();
	rc = target_check(&target, &err);
	if (setrlimit(RLIMIT_NOFILE, &before) < 0)
		abort();
	tap_number(rc, -EINVAL, "whether it lives is not known");
	tap_contains(err.text, "whether process", "it is said");
}

/* A held process ends: what is held says so, and no other is taken for it. */
static void test_end(void)
{
	pid_t pid = sleeper(NULL);
	cleanup_target struct target target = TARGET_NONE;
	struct err err = {0};
	struct target_status status;
	uint64_t start = 0;
	char name[64], *table = NULL;

	tap_number(target_open(pid, 0, &target, &err), 0, "a child is held");
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
	tap_number(target_check(&target, &err), -ESRCH, "it ends: a zombie does not live");
	waitpid(pid, NULL, 0);
	tap_number(target_check(&target, &err), -ESRCH, "it is gone");
	tap_contains(err.text, "has ended", "it is said");
	tap_ok(target_start_time(target.proc, &start, &err) == -ESRCH && start == 0, "it has no start time");
	tap_ok(target_read_mounts(target.proc, &table, &err) < 0 && !table, "no mounts");
	tap_ok(target_read_status(target.proc, &status, &err) < 0, "no capabilities");
	target_name(target.proc, name);
	tap_string(name, "?", "no name");
}

/* A name that looks like the rest of the line must not move the fields. */
static void test_names(void)
{
	static const struct {
		const char *name, *shown;
	} table[] = {
		{"plain", "plain"},
		{") R (", ") R ("},
		{"a) R 1 1 1 1", "a) R 1 1 1 1"},
		{"))))))))))", "))))))))))"},
		{"a b (c) d", "a b (c) d"},
		{"\x1b[2J", "\x1b[2J"},
		{"\xc3\xa4\\", "\xc3\xa4\\"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		pid_t plain = sleeper(NULL), pid = sleeper(table[i].name);
		cleanup_target struct target first = TARGET_NONE, second = TARGET_NONE;
		struct err err = {0};
		char name[64];

		tap_number(target_open(plain, 0, &first, &err), 0, "a child");
		tap_number(
			target_open(pid, 0, &second, &err), 0, "and one that is named \"%s\"", table[i].name);
		tap_ok(second.start_time >= first.start_time && second.start_time - first.start_time < 1000,
			"start within ten seconds of each other");
		target_name(second.proc, name);
		tap_string(name, table[i].shown, "its name, as it is");
		end(plain);
		end(pid);
	}
}

/* The kernel cuts a name at 15 bytes; a newline in one begins no line. */
static void test_newline(void)
{
	pid_t pid = sleeper("\nCapBnd:\tdead");
	cleanup_target struct target target = TARGET_NONE;
	struct err err = {0};
	struct target_status of_child = {.bounding_set = 1}, own = {.bounding_set = 2};
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	tap_number(target_open(pid, 0, &target, &err), 0, "a child with a newline in its name");
	tap_number(target_read_status(target.proc, &of_child, &err), 0, "its bounding set is read");
	tap_number(target_read_status(self, &own, &err), 0, "and ours");
	tap_number((int64_t)of_child.bounding_set, (int64_t)own.bounding_set,
		"they are the same: the name is no line of its own");
	end(pid);
}

static void test_bounding_set(void)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct target_status status = {0};
	uint64_t wanted = 0;
	struct err err = {0};

	for (int capability = 0; capability < 64; capability++)
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1)
			wanted |= UINT64_C(1) << capability;
	tap_number(target_read_status(self, &status, &err), 0, "our own bounding set is read");
	tap_number((int64_t)status.bounding_set, (int64_t)wanted, "it is what the kernel says");
}

static void test_mounts(void)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mount_entry entry;
	struct err err = {0};
	char *table = NULL, *cursor;
	bool root = false;

	tap_number(target_read_mounts(self, &table, &err), 0, "our own mounts are read");
	for (cursor = table; table && mountinfo_next(&cursor, &entry);)
		root |= strcmp(entry.point, "/") == 0;
	tap_ok(root, "the root is among them");
	free(table);
}

static void test_proc(void)
{
	struct err err = {0};
	cleanup_fd int proc = target_open_proc(&err), other = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t start = 7;
	char name[64];

	tap_ok(proc >= 0, "/proc is a procfs here");
	tap_ok(target_start_time(other, &start, &err) == -ESRCH && start == 7,
		"a directory that is no process's any more has no start time");
	target_name(other, name);
	tap_string(name, "?", "and no name");
}

/* Lines that no kernel writes, in files that are no process's. */
static void start_of(const struct scratch *scratch, const char *line, int wanted, uint64_t start)
{
	struct err err = {0};
	uint64_t got = 7;

	scratch_file(scratch, "stat", 0644, line);
	tap_number(target_start_time(scratch->fd, &got, &err), wanted, "stat \"%s\"", line);
	tap_ok(got == (wanted == 0 ? start : 7), "its start time, or none");
}

/* WANTED: null where it is no status. */
static void status_of(const struct scratch *scratch, const char *text, const struct target_status *wanted)
{
	struct target_status status = {0};
	struct err err = {0};
	int rc;

	scratch_file(scratch, "status", 0644, text);
	rc = target_read_status(scratch->fd, &status, &err);
	tap_number(rc, wanted ? 0 : -EINVAL, "status \"%.40s\"", text);
	if (wanted)
		tap_ok(status.bounding_set == wanted->bounding_set &&
				status.no_new_privs == wanted->no_new_privs &&
				status.has_filter == wanted->has_filter,
			"what it says");
}

static void test_stat_lines(void)
{
	struct scratch scratch;
	char groups[6000] = "", text[6100];

	scratch_make(&scratch);
	start_of(&scratch, "1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n", 0, 22);
	start_of(&scratch,
		"1 (a) b) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 18446744073709551615 23", 0,
		UINT64_MAX);
	start_of(&scratch, "1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21", -EINVAL, 0);
	start_of(&scratch, "1 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x", -EINVAL, 0);
	start_of(&scratch, "1 a S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", -EINVAL, 0);
	start_of(&scratch, "", -EINVAL, 0);
	start_of(&scratch, ")", -EINVAL, 0);
	status_of(&scratch, "Name:\tCapBnd: 1\nCapEff:\t0000000000000001\n", NULL);
	status_of(&scratch, "Name:\tNoNewPrivs:\t1\nCapBnd:\t1\nNoNewPrivs:\t0\nSeccomp:\t1\n",
		&(struct target_status){.bounding_set = 1});
	status_of(&scratch, "Name:\ta\nCapBnd:\t8000000000000001\nCapAmb:\t0\n",
		&(struct target_status){.bounding_set = UINT64_C(0x8000000000000001)});
	status_of(&scratch, "Name:\ta\nCapBnd:\t0\nNoNewPrivs:\t1\nSeccomp:\t2\n",
		&(struct target_status){.no_new_privs = true, .has_filter = true});
	memset(groups, '1', sizeof(groups) - 1);
	snprintf(text, sizeof(text), "Name:\ta\nGroups:\t%s\nCapBnd:\t3\n", groups);
	status_of(&scratch, text, &(struct target_status){.bounding_set = 3});
	scratch_remove(&scratch);
}

int main(void)
{
	test_own();
	test_wrong_start_time();
	test_pid_namespace();
	test_not_there();
	test_unknown();
	test_end();
	test_names();
	test_newline();
	test_bounding_set();
	test_mounts();
	test_proc();
	test_stat_lines();
	return tap_done();
}
