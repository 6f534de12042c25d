/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the gauntlet: enters a container as a program does whose author trusts in O_CLOEXEC. It has the host's root directory
 * open, to come back, and can be traced.
 *
 *     naive-join PID COMMAND [ARGUMENT...]
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int host = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), pidfd, status = 0;
	pid_t child;

	if (argc < 3 || host < 0)
		return 125;
	pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	(void)setns(pidfd, CLONE_NEWUSER);
	if (setns(pidfd, CLONE_NEWNS | CLONE_NEWPID) < 0) {
		perror("setns");
		return 125;
	}
	child = fork();
	if (child == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	(void)waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
