/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confine.h"

#include "io.h"
#include "sys.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, PROGRAM_FD = CONFINE_FILE + 1, ERROR_FD, DESCRIPTORS, OUT_OF_THE_WAY = 64 };
enum { SECONDS = 120 };
#define BYTES ((rlim_t)4 << 30)

/* Opened by us: the way to it may be open to root alone. */
static int open_program(const char *name)
{
	const char *rest = strchr(name, '/') ? "" : getenv("PATH") ?: "/usr/bin:/bin";

	while (rest) {
		const char *end = strchrnul(rest, ':');
		cleanup_free char *path =
			util_printf("%.*s%s%s", (int)(end - rest), rest, end == rest ? "" : "/", name);
		cleanup_fd int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : FD_NONE;

		if (!path)
			return -ENOMEM;
		if (fd >= 0 && faccessat(fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) == 0)
			return TAKE_FD(fd);
		rest = *end ? end + 1 : NULL;
	}
	return -ENOENT;
}

/* EINVAL, EPERM: root of a user namespace that has no nobody, or no groups to drop; out here it is somebody else anyway. */
static int become_nobody(void)
{
	if (geteuid() != 0)
		return 0;
	(void)unshare(CLONE_NEWNET | CLONE_NEWIPC); /* there may be no rights to, or no room */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -errno;
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return errno == EINVAL || errno == EPERM ? 0 : -errno;
	return 0;
}

int confine_give(int fd)
{
	if (geteuid() != 0 || fchown(fd, NOBODY, NOBODY) == 0 || errno == EINVAL || errno == EPERM)
		return 0;
	return -errno;
}

static int limit(void)
{
	static const struct {
		unsigned int resource; /* as the C library has it: an enum */
		rlim_t most;
	} limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_FSIZE, BYTES}, {RLIMIT_AS, BYTES}, {RLIMIT_CPU, SECONDS}};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		struct rlimit now;

		if (getrlimit(limits[i].resource, &now) < 0)
			return -errno;
		if (now.rlim_max > limits[i].most)
			now.rlim_max = limits[i].most;
		if (now.rlim_cur > now.rlim_max)
			now.rlim_cur = now.rlim_max;
		if (setrlimit(limits[i].resource, &now) < 0)
			return -errno;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* First out of the way, so that no dup2 overwrites what a later one reads. */
static int arrange(const struct confine_files *files, int program, int error)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int moved[DESCRIPTORS] = {null, null, null, files->file >= 0 ? files->file : null, program, error};

	moved[files->to] = files->output;
	for (int i = 0; i < DESCRIPTORS; i++) {
		moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
		if (moved[i] < 0)
			return -errno;
	}
	/* The program stays open where it is a script: its interpreter opens it anew. */
	for (int i = 0; i < DESCRIPTORS; i++)
		if (dup3(moved[i], i, i == ERROR_FD ? O_CLOEXEC : 0) < 0)
			return -errno;
	sys_close_from(DESCRIPTORS);
	return 0;
}

/* Where memory runs short, it goes first. It is no error where that cannot be said. */
static void offer_to_be_killed(void)
{
	cleanup_fd int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)io_write_all(fd, "1000", 4);
}

static int set_up(void)
{
	sigset_t none;
	int rc;

	offer_to_be_killed();
	rc = become_nobody();

	if (rc == 0)
		rc = limit();
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* which the change of ids forgets */
	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return rc;
}

static _Noreturn void be_program(
	const char *const *argv, const struct confine_files *files, pid_t parent, int program, int error)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int rc = (files->directory < 0 ? chdir("/") : fchdir(files->directory)) < 0 ? -errno : 0;

	if (rc == 0)
		rc = arrange(files, program, error);
	if (rc == 0) {
		error = ERROR_FD;
		rc = set_up();
	}
	if (rc == 0 && getppid() == parent)
		rc = syscall(SYS_execveat, PROGRAM_FD, "", argv, environment, AT_EMPTY_PATH) < 0 ? -errno : 0;
	(void)io_write_all(error, &rc, sizeof(rc));
	_exit(127);
}

/* 0: it was executed, which closes the other end, or it has ended before. */
static int read_failure(int fd)
{
	int failure = 0;
	ssize_t got;

	do
		got = read(fd, &failure, sizeof(failure));
	while (got < 0 && errno == EINTR);
	return got == sizeof(failure) && failure < 0 ? failure : 0;
}

int confine_spawn(const char *const *argv, const struct confine_files *files, pid_t *ret_pid)
{
	cleanup_fd int program = open_program(argv[0]), reading = FD_NONE, writing = FD_NONE;
	pid_t parent = getpid(), pid;
	int ends[2], rc;

	if (program < 0)
		return program;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reading = ends[0];
	writing = ends[1];
	pid = fork();
	if (pid == 0)
		be_program(argv, files, parent, program, writing);
	if (pid < 0)
		return -errno;
	close_keep_errno(&writing);
	rc = read_failure(reading);
	while (rc < 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_pid = pid;
	return rc;
}
