/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "living.h"

#include "err.h"
#include "record.h"
#include "sys.h"
#include "target.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int living_open(struct living *ret, struct err *err)
{
	int procfs = target_open_proc(err);

	if (procfs < 0)
		return procfs;
	*ret = (struct living){.procfs = procfs, .pid_namespace = target_pid_namespace()};
	return 0;
}

void living_close(struct living *living)
{
	close_keep_errno(&living->procfs);
}

/* Of /proc/PID/stat: 1 with the state and the start time; 0: there is no such process; -1: it cannot be told. */
static int read_stat(int procfs, pid_t pid, char *ret_state, uint64_t *ret_start_time)
{
	char text[1024], *field;
	cleanup_fd int fd = FD_NONE;
	ssize_t length;

	snprintf(text, sizeof(text), "%d/stat", pid);
	fd = openat(procfs, text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	length = read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return errno == ESRCH ? 0 : -1;
	text[length] = '\0';
	/* The name, in brackets, may hold brackets and blanks. Field 3 is behind it, the start time is field 22. */
	field = strrchr(text, ')');
	if (!field || field[1] != ' ')
		return -1;
	*ret_state = field[2];
	for (int number = 2; field && number < 22; number++)
		field = strchr(field + 1, ' ');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
	return field && sscanf(field, " %" SCNu64, ret_start_time) == 1 ? 1 : -1;
}

/* A sure yes only: the number that it had at its start is its pidfd's, and it is no zombie. */
static bool has_inode(pid_t pid, uint64_t inode)
{
	cleanup_fd int pidfd = FD_NONE;
	struct target target = TARGET_NONE;

	if (!inode)
		return false;
	pidfd = sys_pidfd_open(pid);
	if (pidfd < 0 || !target_has_inode(pidfd, inode))
		return false;
	target.pid = pid;
	target.pidfd = pidfd; /* borrowed */
	return target_check(&target, ERR_IGNORED) == 0;
}

bool living_is_gone(const struct living *living, const struct record *record)
{
	uint64_t started = 0;
	char state = '?';
	int found;

	if (record->pid_namespace != living->pid_namespace || has_inode(record->pid, record->pidfd_inode))
		return false;
	found = read_stat(living->procfs, record->pid, &state, &started);
	if (found <= 0)
		return found == 0;
	if (record->start_time && record->start_time != started)
		return true;
	/* A first thread that has ended is one before its process has. */
	return (state == 'Z' || state == 'X') &&
	       target_is_gone(record->pid, record->start_time, record->pid_namespace);
}
