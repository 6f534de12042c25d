/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox_init.h"

#include "caps.h"
#include "sys.h"
#include "util.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { REPORT_FD = 3, CANNOT_RUN = 127, PROCESS_LIMIT = 1024 };

/*
 * What a debugger has in a container, but nothing that reaches the host as a whole where there is no user namespace; and
 * not CAP_SYS_ADMIN, by which the tree could be made writable.
 */
static const uint64_t capabilities = UINT64_C(1) << CAP_CHOWN | UINT64_C(1) << CAP_DAC_OVERRIDE |
				     UINT64_C(1) << CAP_FOWNER | UINT64_C(1) << CAP_KILL |
				     UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_SETUID |
				     UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_NET_BIND_SERVICE |
				     UINT64_C(1) << CAP_NET_RAW | UINT64_C(1) << CAP_SYS_PTRACE;

static void tell(int fd, const struct sandbox_report *report)
{
	ssize_t done = write(fd, report, sizeof(*report));

	(void)done;
}

static bool is_left_alone(int go)
{
	struct pollfd end = {.fd = go, .events = 0};

	return poll(&end, 1, 0) > 0 && (end.revents & (POLLHUP | POLLERR));
}

/* To be called behind the change of ids, which forgets both. */
static void depend_on_parent(int go)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* What runs here must not reach the pipe behind our back by ptrace or /proc/1/fd. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (is_left_alone(go))
		_exit(CANNOT_RUN);
}

static int become_root(struct err *err)
{
	/* EPERM where an ordinary user made the namespace: groups stay, which only ever give less to nobody. */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return err_errno(err, errno, "drop the groups");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return err_errno(err, errno, "become root of the user namespace");
	return 0;
}

static int bring_up_loopback(struct err *err)
{
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {.ifr_flags = IFF_UP};

	strcpy(request.ifr_name, "lo");
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_errno(err, errno, "bring up lo");
	return 0;
}

/* Of nobody's in this user namespace (before 5.14: on the host). Root's of the host are not counted. */
static int limit_processes(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0)
		return -1;
	if (limit.rlim_max > PROCESS_LIMIT)
		limit.rlim_max = PROCESS_LIMIT;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NPROC, &limit);
}

static int restrict_rights(struct err *err)
{
	static const struct rlimit none = {0, 0};

	/* A keyring is the session's, whatever the namespaces: ours is not to be had. A kernel may have none. */
	(void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno(err, errno, "forbid core files");
	if (limit_processes() < 0)
		return err_errno(err, errno, "limit the processes");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, errno, "no_new_privs");
	if (sandbox_limit_sockets(err) < 0)
		return -err->number;
	return caps_limit(capabilities, err);
}

/* Standard input, output and error, the report behind them, and nothing else. */
static int arrange_descriptors(const struct sandbox_start *start, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int moved[] = {null, start->output, start->output, start->report};

	/* First out of the way, so that no dup2 overwrites what a later one reads. */
	for (size_t i = 0; i < ARRAY_SIZE(moved); i++) {
		moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, 64);
		if (moved[i] < 0)
			return err_errno(err, errno, "arrange the descriptors");
	}
	for (int i = 0; i < REPORT_FD; i++)
		if (dup2(moved[i], i) < 0)
			return err_errno(err, errno, "arrange the descriptors");
	if (dup3(moved[REPORT_FD], REPORT_FD, O_CLOEXEC) < 0)
		return err_errno(err, errno, "arrange the descriptors");
	sys_close_from(REPORT_FD + 1);
	return 0;
}

static int set_up(const struct sandbox_start *start, struct err *err)
{
	const struct sandbox *sandbox = start->sandbox;
	int rc = 0;

	/* Before we are nobody: the way to the tree may be open to root alone. */
	if (fchdir(sandbox->tree) < 0)
		return err_errno(err, errno, "change to the tree");
	if (sandbox->user_namespace)
		rc = become_root(err);
	depend_on_parent(start->go);
	setsid();
	if (rc == 0)
		rc = sandbox_make_root(sandbox->user_namespace, err);
	if (rc == 0)
		rc = bring_up_loopback(err);
	if (rc == 0)
		rc = restrict_rights(err);
	return rc == 0 ? arrange_descriptors(start, err) : rc;
}

static _Noreturn void run(const struct sandbox_start *start)
{
	static const char *const environment[] = {"PATH=/dev/crashcart/bin", "HOME=/", "TERM=xterm", NULL};
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	sigemptyset(&none);
	for (int signal = 1; signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL); /* SIGKILL, SIGSTOP and the C library's own refuse */
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	/* Neither is written to: the interface is older than const. */
	execve(start->path, (char *const *)(uintptr_t)start->argv, (char *const *)(uintptr_t)environment);
	tell(REPORT_FD, &(struct sandbox_report){.kind = SANDBOX_REFUSED, .number = errno});
	_exit(CANNOT_RUN);
}

/* Orphans come to us, as to every process 1. Who is left when we end is killed by the kernel (pid_namespaces(7)). */
static int wait_for(pid_t pid)
{
	int status = 0;
	pid_t ended;

	do
		ended = waitpid(-1, &status, 0);
	while (ended != pid && (ended > 0 || errno == EINTR));
	return status;
}

/* From here on descriptors are arranged. */
static void perform(const struct sandbox_start *start, struct sandbox_report *ret)
{
	pid_t pid = fork();

	if (pid == 0)
		run(start);
	if (pid < 0) {
		err_errno(&ret->err, errno, "make a process");
		return;
	}
	*ret = (struct sandbox_report){.kind = SANDBOX_ENDED, .number = wait_for(pid)};
}

_Noreturn void sandbox_be_init(const struct sandbox_start *start)
{
	struct sandbox_report report = {.kind = SANDBOX_FAILED};
	char byte;

	if (read(start->go, &byte, 1) != 1)
		_exit(CANNOT_RUN);
	if (set_up(start, &report.err) < 0) {
		tell(start->report, &report);
		_exit(CANNOT_RUN);
	}
	if (start->path)
		perform(start, &report);
	else
		report.kind = SANDBOX_ENDED;
	tell(REPORT_FD, &report);
	_exit(0);
}
