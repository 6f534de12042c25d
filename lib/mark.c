/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark.h"

#include "err.h"
#include "io.h"
#include "sys.h"
#include "target.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* Between two looks, where one that is found cannot be waited for. */
enum { PAUSE_MILLISECONDS = 5 };

void mark_set(uint64_t slack)
{
	(void)prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0, 0, 0);
}

/* 0: not to be told, or none; a process that has ended has none. */
uint64_t mark_slack(int proc)
{
	cleanup_fd int fd = openat(proc, "timerslack_ns", O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 ? strtoull(text, NULL, 10) : 0;
}

bool mark_is_one(uint64_t slack)
{
	return slack > MARK_BASE && slack <= MARK_BASE + MARK_COUNT;
}

static uint64_t number_of(int proc, const char *name)
{
	struct stat status;

	return fstatat(proc, name, &status, 0) == 0 ? status.st_ino : 0;
}

struct mark mark_read(int proc, uint64_t slack, int pid, int mount)
{
	struct mark mark = {
		.slack = mark_slack(proc),
		.pid = number_of(pid, "ns/pid"),
		.mount = number_of(mount, "ns/mnt"),
	};

	return mark.slack == slack && mark.pid && mark.mount ? mark : MARK_NONE;
}

/* The slack says most, and costs least. */
static bool has_mark(int proc, const struct mark *mark)
{
	return mark_slack(proc) == mark->slack &&
	       (number_of(proc, "ns/pid") == mark->pid || number_of(proc, "ns/mnt") == mark->mount);
}

/* A process that was killed, until it has ended. */
static void await_end(int pidfd, int64_t until)
{
	struct pollfd event = {.fd = pidfd, .events = POLLIN};
	int64_t rest = until - util_now();

	(void)poll(&event, 1, rest > 0 ? (int)rest : 0);
}

/* Returns whether there was somebody. The pidfd is of the process whose mark is looked at: see target.h. */
static bool heed(int all, const char *name, const struct mark *mark, int64_t until)
{
	cleanup_fd int proc = openat(all, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_target struct target target = TARGET_NONE;

	if (proc < 0 || !has_mark(proc, mark))
		return false;
	if (!until)
		return true;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
	if (target_open((pid_t)atoi(name), 0, &target, ERR_IGNORED) < 0)
		return has_mark(proc, mark); /* alive, and out of our reach */
	if (!has_mark(target.proc, mark))
		return false;
	(void)sys_pidfd_send_signal(target.pidfd, SIGKILL);
	await_end(target.pidfd, until);
	return true;
}

/*
 * One look at all processes: whether one of the session's may be there. UNTIL: kill those that are found, and wait for them till
 * then; 0: only look.
 */
static bool look(const struct mark *mark, int64_t until)
{
	DIR *stream = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;
	bool any = false;

	if (!stream)
		return true; /* nobody knows */
	while ((entry = readdir(stream)) && (until || !any))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			any |= heed(dirfd(stream), entry->d_name, mark, until);
	closedir(stream);
	return any;
}

bool mark_is_in_use(const struct mark *mark)
{
	return mark->slack && look(mark, 0);
}

int mark_kill(const struct mark *mark, unsigned int seconds, struct err *err)
{
	int64_t until = util_now() + (int64_t)seconds * 1000;

	/* Until a whole look finds none: one that is just being made may not be seen. */
	while (mark->slack && look(mark, until)) {
		if (util_now() >= until)
			return err_set(
				err, ETIMEDOUT, "processes of the session did not end when they were killed");
		(void)poll(NULL, 0, PAUSE_MILLISECONDS);
	}
	return 0;
}
