/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark.h"

#include "err.h"
#include "io.h"
#include "sys.h"
#include "target.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

void mark_set(uint64_t slack)
{
	(void)prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0, 0, 0);
}

/* 0: not to be told, or none. */
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

/*
 * Holds the process NAME, if it has the mark and has not ended: one that was not waited for yet keeps its mark. 1: *RET is the
 * caller's; 0: it is none of them; -errno: it may be one.
 */
static int hold(int all, const char *name, const struct mark *mark, struct target *ret)
{
	cleanup_fd int proc = openat(all, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_target struct target target = TARGET_NONE;
	int rc;

	if (proc < 0 || !has_mark(proc, mark))
		return 0;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
	rc = target_open((pid_t)atoi(name), 0, &target, ERR_IGNORED);
	if (rc < 0)
		return rc == -ESRCH ? 0 : rc;
	/* The one that was looked at may have gone, and its number be another's: see target.h. */
	if (!has_mark(target.proc, mark))
		return 0;
	*ret = target;
	target = TARGET_NONE;
	return 1;
}

/*
 * One look at all processes. SIGNAL: to those of the session's that are there; 0: none, the first that is found will do. 1: *RET_PIDFD,
 * the caller's, is one's; 0: there is none; -errno: nobody knows.
 */
static int look(const struct mark *mark, int signal, int *ret_pidfd)
{
	DIR *stream = io_open_stream(AT_FDCWD, "/proc");
	cleanup_fd int one = FD_NONE;
	struct dirent *entry;
	int rc = 0;

	if (!stream)
		return -errno;
	while ((entry = readdir(stream)) && (signal || one < 0)) {
		cleanup_target struct target target = TARGET_NONE;
		int held = entry->d_name[0] >= '1' && entry->d_name[0] <= '9'
				   ? hold(dirfd(stream), entry->d_name, mark, &target)
				   : 0;

		if (held < 0)
			rc = held;
		if (held > 0 && signal)
			(void)sys_pidfd_send_signal(target.pidfd, signal);
		if (held > 0 && one < 0)
			one = TAKE_FD(target.pidfd);
	}
	closedir(stream);
	if (one < 0)
		return rc;
	*ret_pidfd = TAKE_FD(one);
	return 1;
}

bool mark_is_in_use(const struct mark *mark)
{
	cleanup_fd int one = FD_NONE;

	return mark->slack && look(mark, 0, &one) != 0;
}

int mark_kill(const struct mark *mark, unsigned int seconds, struct err *err)
{
	int64_t until = util_now() + (int64_t)seconds * 1000;

	/* Until a whole look finds none: one that is just being made may not be seen. */
	while (mark->slack) {
		cleanup_fd int one = FD_NONE;
		int rc = look(mark, SIGKILL, &one);

		if (rc < 0)
			return err_errno(err, -rc, "find the processes of the session");
		if (rc == 0)
			return 0;
		if (util_now() >= until)
			return err_set(
				err, ETIMEDOUT, "processes of the session did not end when they were killed");
		(void)target_await_end(one, until);
	}
	return 0;
}
