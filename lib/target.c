/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "mountinfo.h"
#include "ns.h"
#include "sys.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { STATUS_USUAL = 4096 };

#define PIDFS_MAGIC 0x50494446 /* PID_FS_MAGIC of <linux/magic.h>, 6.9 */

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
	char text[PROC_STAT_SIZE_LIMIT], *field;
	ssize_t rc = io_read_short(proc, "stat", text, sizeof(text));

	if (rc == -ENOENT || rc == -ESRCH) /* at the open, or at the read */
		return err_set(err, ESRCH, "the process has ended");
	if (rc < 0)
		return err_errno(err, (int)-rc, "read /proc/PID/stat");
	/* The second field, the name, may hold blanks and brackets: count from the last bracket, behind which
	 * is field 3. */
	field = strrchr(text, ')');
	for (int number = 2; field && number < 22; number++) {
		field = strchr(field, ' ');
		field = field ? field + 1 : NULL;
	}
	if (field)
		field[strspn(field, "0123456789")] = '\0';
	if (!field || !util_number(field, 0, UINT64_MAX, ret))
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

bool target_await_end(int pidfd, int64_t until)
{
	struct pollfd event = {.fd = pidfd, .events = POLLIN};
	int count;

	do {
		int64_t rest = until - util_now();

		count = poll(&event, 1, rest > 0 ? (int)rest : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0;
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

bool target_has_inode(int pidfd, uint64_t number)
{
	struct stat st;

	return fstat(pidfd, &st) == 0 && st.st_ino == number;
}

uint64_t target_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	if (sizeof(long) < sizeof(uint64_t) || fstatfs(pidfd, &fs) < 0 || fs.f_type != PIDFS_MAGIC)
		return 0;
	return fstat(pidfd, &st) == 0 ? st.st_ino : 0;
}

uint64_t target_pid_namespace(void)
{
	return ns_number(AT_FDCWD, "/proc/self/ns/pid");
}

bool target_is_gone(pid_t pid, uint64_t start_time, uint64_t pid_namespace)
{
	cleanup_target struct target target = TARGET_NONE;

	return pid_namespace == target_pid_namespace() &&
	       target_open(pid, start_time, &target, ERR_IGNORED) == -ESRCH;
}

int target_read_mounts(int proc, char **ret_text, struct err *err)
{
	/* PROC is of a procfs, where io_read_file need not look for devices and FIFOs. */
	cleanup_fd int fd =
		openat(proc, "mountinfo", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_errno(err, errno, "open mountinfo");
	if (io_read_all(fd, MOUNTINFO_SIZE_LIMIT, ret_text, NULL, err) < 0)
		return err_prefix(err, "mountinfo");
	return 0;
}

/* The number in line NAME of TEXT, to BASE. False: there is no such line. */
static bool find_number(const char *text, const char *name, int base, uint64_t *ret)
{
	char key[32], *end;
	const char *line;

	/* The process's name comes first, and the kernel escapes a newline in it. */
	snprintf(key, sizeof(key), "\n%s:\t", name);
	line = strstr(text, key);
	if (!line)
		return false;
	*ret = strtoull(line + strlen(key), &end, base);
	return end != line + strlen(key);
}

static int parse_status(const char *text, struct target_status *ret, struct err *err)
{
	uint64_t number;

	if (!find_number(text, "CapBnd", 16, &ret->bounding_set))
		return err_set(err, EINVAL, "/proc/PID/status has no CapBnd");
	ret->no_new_privs = find_number(text, "NoNewPrivs", 10, &number) && number == 1;
	ret->has_filter = find_number(text, "Seccomp", 10, &number) && number == 2; /* SECCOMP_MODE_FILTER */
	return 0;
}

int target_read_status(int proc, struct target_status *ret, struct err *err)
{
	char first[STATUS_USUAL];
	cleanup_free char *text = NULL;
	ssize_t rc = io_read_short(proc, "status", first, sizeof(first));

	if (rc == -EFBIG) { /* many groups */
		rc = io_read_file(proc, "status", PROC_STATUS_SIZE_LIMIT, &text, NULL, err);
		return rc < 0 ? (int)rc : parse_status(text, ret, err);
	}
	return rc < 0 ? err_errno(err, (int)-rc, "read /proc/PID/status") : parse_status(first, ret, err);
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
