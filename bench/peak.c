/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * peak COMMAND [ARG...]: how much memory each process of COMMAND had at the most. Prints a line to standard error when one
 * ends: its name, VmHWM and RssAnon in KiB, of /proc/PID/status. VmHWM is all that was in memory at once since the last
 * exec, the program's and its libraries' files too; RssAnon is what nobody else could share, at the end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const long options = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			    PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;

static void tell(pid_t pid)
{
	char path[64], line[256], name[64] = "?";
	long peak = 0, anonymous = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Name: %63s", name);
		sscanf(line, "VmHWM: %ld", &peak);
		sscanf(line, "RssAnon: %ld", &anonymous);
	}
	if (file)
		fclose(file);
	if (peak)
		fprintf(stderr, "%s %ld %ld\n", name, peak, anonymous);
}

/* What a stopped process is let go with: a signal that was meant for it; none where it stopped for us. */
static int after(pid_t pid, int status)
{
	int number = WSTOPSIG(status), event = status >> 16;

	if (event == PTRACE_EVENT_EXIT)
		tell(pid);
	return event || number == SIGTRAP || number == SIGSTOP ? 0 : number;
}

static int follow(pid_t first)
{
	int status, ret = 1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
		if (pid > 0 && WIFSTOPPED(status))
			ptrace(PTRACE_CONT, pid, NULL, (long)after(pid, status));
		else if (pid == first)
			ret = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return ret;
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 2)
		return 125;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0 ||
		ptrace(PTRACE_CONT, pid, NULL, 0L) < 0) {
		perror("peak");
		return 125;
	}
	return follow(pid);
}
