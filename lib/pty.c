/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pty.h"

#include "err.h"
#include "io.h"
#include "sys.h"
#include "target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int pty_open(struct pty *ret, struct err *err)
{
	cleanup_pty struct pty pty = PTY_NONE;
	int locked = 0;

	pty.master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty.master < 0)
		return err_errno(err, errno, "make a terminal: /dev/ptmx");
	if (ioctl(pty.master, TIOCSPTLCK, &locked) < 0)
		return err_errno(err, errno, "make a terminal");
	/* By the master, and not by a name in /dev/pts, which might be another devpts. */
	pty.slave = ioctl(pty.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty.slave < 0)
		return err_errno(err, errno, "make a terminal: its other end");
	*ret = pty;
	pty = PTY_NONE;
	return 0;
}

void pty_close(struct pty *pty)
{
	close_keep_errno(&pty->master);
	close_keep_errno(&pty->slave);
}

/* The session of the process whose directory in PROCESSES is NAME; 0: gone, or a zombie. */
static pid_t find_session(int processes, const char *name)
{
	cleanup_free char *text = NULL;
	char path[32], state;
	const char *end;
	pid_t session;

	(void)snprintf(path, sizeof(path), "%.16s/stat", name);
	if (io_read_file(processes, path, 65536, &text, NULL, ERR_IGNORED) < 0)
		return 0;
	end = strrchr(text, ')'); /* the name before it may hold anything */
	/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
	if (!end || sscanf(end, ") %c %*d %*d %d", &state, &session) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : session;
}

/* Of another pid namespace, its numbers would mean other processes. */
static bool is_of_our_namespace(int processes)
{
	char text[16] = "";
	uint64_t pid;

	return readlinkat(processes, "self", text, sizeof(text) - 1) > 0 &&
	       util_number(text, 1, INT32_MAX, &pid) && (pid_t)pid == getpid();
}

/* Returns a pidfd of one of them, the caller's; FD_NONE: there is none. */
static int signal_session(pid_t leader, int signal)
{
	cleanup_fd int processes = target_open_proc(ERR_IGNORED);
	DIR *stream =
		processes < 0 || !is_of_our_namespace(processes) ? NULL : io_open_stream(processes, ".");
	cleanup_fd int one = FD_NONE;
	struct dirent *entry;

	if (!stream)
		return FD_NONE;
	while ((entry = readdir(stream)) && (signal || one < 0)) {
		cleanup_fd int pidfd = FD_NONE;
		uint64_t pid;

		if (!util_number(entry->d_name, 1, INT32_MAX, &pid) || (pid_t)pid == leader)
			continue;
		/* Held before it is looked at, so that the number is no other's by the time of the signal. */
		pidfd = sys_pidfd_open((pid_t)pid);
		if (pidfd < 0 || find_session(processes, entry->d_name) != leader)
			continue;
		if (signal)
			(void)sys_pidfd_send_signal(pidfd, signal);
		if (one < 0)
			one = TAKE_FD(pidfd);
	}
	closedir(stream);
	return TAKE_FD(one);
}

bool pty_end_session(pid_t leader, int signal, int64_t until)
{
	for (;;) {
		cleanup_fd int one = signal_session(leader, signal);

		if (one < 0)
			return true;
		if (util_now() >= until)
			return false;
		(void)target_await_end(one, until);
	}
}
