/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G02-trace.bats: the container's first process, which looks into each new process for a way to the host. Its output is a
 * line for each success:
 *
 *     secret WAY     the host's file SECRET (a path from its root) was read by way of that entry of /proc/PID
 *     traced PROGRAM it was stopped by ptrace while it still was PROGRAM, which is not of the container
 *
 *     tracer SECRET
 */
#include "watch.h"

#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static const char *secret;

static void try_directory(int pid, const char *way)
{
	char path[64];
	int directory, fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, way);
	directory = open(path, O_PATH | O_DIRECTORY);
	if (directory < 0)
		return;
	fd = openat(directory, secret, O_RDONLY);
	if (fd >= 0)
		dprintf(STDOUT_FILENO, "secret %s\n", way);
	close(fd);
	close(directory);
}

static int is_own(const char *program)
{
	return strstr(program, "/tracer") || strstr(program, "busybox") || strstr(program, "/app");
}

static void try_trace(int pid)
{
	char path[64], program[256] = "";

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		return;
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (waitpid(pid, NULL, __WALL) == pid) {
		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		if (readlink(path, program, sizeof(program) - 1) > 0 && !is_own(program))
			dprintf(STDOUT_FILENO, "traced %s\n", program);
	}
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
}

static void look(int pid)
{
	static const char *const ways[] = {
		"root", "cwd", "fd/3", "fd/4", "fd/5", "fd/6", "fd/7", "fd/8", "fd/9"};

	if (pid == getpid())
		return;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		try_directory(pid, ways[i]);
	try_trace(pid);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	secret = argv[1];
	dprintf(STDOUT_FILENO, "ready\n");
	watch(look);
}
