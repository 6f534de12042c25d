/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reuse PID COMMAND [ARG...]: the command as a process of that number, which must be free. Says "made", and waits for it.
 */
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t wanted = argc > 2 ? atoi(argv[1]) : 0, made;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&wanted,
		.set_tid_size = 1,
	};

	if (wanted <= 0)
		return 2;
	/* Its last holder may not have been waited for yet. */
	for (int tries = 0; (made = (pid_t)syscall(SYS_clone3, &args, sizeof(args))) < 0 && tries < 2000;
		tries++)
		usleep(10000);
	if (made == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (made < 0) {
		perror("reuse: clone3");
		return 1;
	}
	puts("made");
	fflush(stdout);
	waitpid(made, NULL, 0);
	return 0;
}
