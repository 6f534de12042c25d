/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "mountinfo.h"
#include "sys.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

int target_open_proc(struct err *err)
{
	cleanup_fd int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return err_errno(err, errno, "open /proc");
	if (fstatfs(fd, &fs) < 0)
		return err_errno(err, errno, "look what kind of file system /proc is");
	if (fs.f_type != PROC_SUPER_MAGIC)
		return err_set(err, ENOTSUP, "/proc is not a procfs");
	return TAKE_FD(fd);
}

int target_start_time(int proc, uint64_t *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	char *field;
	int rc = io_read_file(proc, "stat", PROC_STAT_SIZE_LIMIT, &text, NULL, err);

	if (rc == -ENOENT || rc == -ESRCH) /* at the open, or at the read */
		return err_set(err, ESRCH, "the process has ended");
	if (rc < 0)
		return rc;
	/* The second field, the name, may hold blanks and brackets: count from the last bracket, behind which
	 * is field 3. */
	field = strrchr(text, ')');
	for (int number = 2; field && number < 22; number++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (!field || sscanf(field, "%" SCNu64, ret) != 1)
		return err_set(err, EINVAL, "/proc/PID/stat has no start time");
	return 0;
}

int target_check(const struct target *target, struct err *err)
{
	struct pollfd event = {.fd = target->pidfd, .events = POLLIN};
	int count;

	/* A pidfd turns readable when the process is a zombie; signal 0 would still reach that. */
	do
		count = poll(&event, 1, 0);
	while (count < 0 && errno == EINTR);
	if (count == 0)
		return 0;
	if (count < 0)
		return err_errno(err, errno, "ask whether process %d has ended", target->pid);
	return err_set(err, ESRCH, "process %d has ended", target->pid);
}

int target_open(pid_t pid, uint64_t start_time, struct target *ret, struct err *err)
{
	cleanup_target struct target target = TARGET_NONE;
	cleanup_fd int procfs = target_open_proc(err);
	char name[16];
	int rc;

	if (procfs < 0)
		return procfs;
	target.pid = pid;
	snprintf(name, sizeof(name), "%d", pid);
	target.proc = openat(procfs, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target.proc < 0 && errno == ENOENT)
		return err_set(err, ESRCH, "process %d is not running", pid);
	if (target.proc < 0)
		return err_errno(err, errno, "open /proc/%d", pid);
	target.pidfd = sys_pidfd_open(pid);
	if (target.pidfd == -ENOSYS)
		return err_set(err, ENOSYS, "this kernel has no pidfd_open: Linux 5.12 or later is needed");
	/* EINVAL: the number is a thread's, not a process's. */
	if (target.pidfd < 0)
		return err_errno(err, -target.pidfd, "hold process %d", pid);
	rc = target_start_time(target.proc, &target.start_time, err);
	if (rc < 0)
		return rc;
	if (start_time && start_time != target.start_time)
		return err_set(err, ESRCH, "process %d is another one by now", pid);
	rc = target_check(&target, err);
	if (rc < 0)
		return rc;
	*ret = target;
	target = TARGET_NONE;
	return 0;
}

void target_close(struct target *target)
{
	close_keep_errno(&target->pidfd);
	close_keep_errno(&target->proc);
}

uint64_t target_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

bool target_is_gone(pid_t pid, uint64_t start_time, uint64_t pid_namespace)
{
	cleanup_target struct target target = TARGET_NONE;

	return pid_namespace == target_pid_namespace() &&
	       target_open(pid, start_time, &target, ERR_IGNORED) == -ESRCH;
}

int target_read_mounts(int proc, char **ret_text, struct err *err)
{
	return io_read_file(proc, "mountinfo", MOUNTINFO_SIZE_LIMIT, ret_text, NULL, err);
}

/* The number in line NAME of /proc/PID/status, to BASE; -EINVAL: there is no such line. */
static int read_status(int proc, const char *name, int base, uint64_t *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	char key[32], *line, *end;
	uint64_t number;
	int rc = io_read_file(proc, "status", PROC_STATUS_SIZE_LIMIT, &text, NULL, err);

	if (rc < 0)
		return rc;
	/* The process's name comes first, and the kernel escapes a newline in it. */
	snprintf(key, sizeof(key), "\n%s:\t", name);
	line = strstr(text, key);
	if (!line)
		return err_set(err, EINVAL, "/proc/PID/status has no %s", name);
	line += strlen(key);
	number = strtoull(line, &end, base);
	if (end == line)
		return err_set(err, EINVAL, "/proc/PID/status has no number for %s", name);
	*ret = number;
	return 0;
}

int target_bounding_set(int proc, uint64_t *ret, struct err *err)
{
	return read_status(proc, "CapBnd", 16, ret, err);
}

static int read_flag(int proc, const char *name, uint64_t wanted, bool *ret, struct err *err)
{
	uint64_t number = 0;
	int rc = read_status(proc, name, 10, &number, err);

	if (rc < 0 && rc != -EINVAL)
		return rc;
	*ret = rc == 0 && number == wanted;
	return 0;
}

int target_no_new_privs(int proc, bool *ret, struct err *err)
{
	return read_flag(proc, "NoNewPrivs", 1, ret, err);
}

int target_has_filter(int proc, bool *ret, struct err *err)
{
	return read_flag(proc, "Seccomp", 2, ret, err); /* SECCOMP_MODE_FILTER */
}

void target_name(int proc, char ret[64])
{
	cleanup_free char *text = NULL;

	if (io_read_file(proc, "comm", 64, &text, NULL, ERR_IGNORED) < 0) {
		snprintf(ret, 64, "?");
		return;
	}
	snprintf(ret, 64, "%.*s", (int)strcspn(text, "\n"), text);
}
