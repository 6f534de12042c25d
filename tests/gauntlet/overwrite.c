/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G01-overwrite.bats: writes to the program of whoever enters the container. Each word of its output is what became of one
 * that was got hold of: "written", or the error.
 *
 *     overwrite watch       is the container's first process, and waits for programs of others in /proc/PID/exe
 *     overwrite FD          has one of them as descriptor FD
 */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

enum { TRIES = 5000 };

static const char script[] = "#!/bin/sh\necho OVERWRITTEN\n";

/* A program that is being run cannot be written to: so again and again, until it has ended. */
static int overwrite(int fd)
{
	char path[64];
	const char *word;
	int out = -1;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (int i = 0; i < TRIES && out < 0; i++) {
		out = open(path, O_WRONLY);
		if (out < 0 && errno != ETXTBSY)
			break;
		if (out < 0)
			usleep(1000);
	}
	word = out < 0 || write(out, script, sizeof(script) - 1) < 0 ? strerror(errno) : "written";
	dprintf(STDOUT_FILENO, "%s\n", word);
	return 0;
}

/* Programs that are the container's anyway. */
static int is_own(int fd)
{
	static const char *const own[] = {"/proc/self/exe", "/bin/busybox", "/app"};
	struct stat st, other;

	if (fstat(fd, &st) < 0)
		return 1;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (stat(own[i], &other) == 0 && st.st_dev == other.st_dev && st.st_ino == other.st_ino)
			return 1;
	return 0;
}

static void look(int pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH);
	if (fd < 0)
		return;
	if (!is_own(fd) && fork() == 0)
		_exit(overwrite(fd));
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "watch") != 0)
		return overwrite(atoi(argv[1]));
	signal(SIGCHLD, SIG_IGN);
	dprintf(STDOUT_FILENO, "ready\n");
	watch(look);
}
