/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For programs that wait, inside a container, for the processes of others: they ask for the next pids before there are any. */
#ifndef GAUNTLET_WATCH_H
#define GAUNTLET_WATCH_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_AHEAD = 6, WATCH_ROUNDS = 16 };

/* The pid that was given last in this pid namespace. */
static inline int watch_last_pid(void)
{
	char text[128] = "";
	int fd = open("/proc/loadavg", O_RDONLY);

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	return strrchr(text, ' ') ? atoi(strrchr(text, ' ')) : 0;
}

/* Calls LOOK with each pid that may be a new process's, for ever. */
static inline _Noreturn void watch(void (*look)(int pid))
{
	for (;;) {
		int last = watch_last_pid();

		for (int i = 0; i < WATCH_ROUNDS; i++)
			for (int pid = last; pid < last + WATCH_AHEAD; pid++)
				look(pid);
	}
}

#endif
