/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enter_child.h"

#include "become.h"
#include "mark.h"
#include "ns.h"
#include "path.h"
#include "seccomp.h"
#include "sys.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { REPORT_FD = 3, NOTE_FD, ENTER_EXIT = 125 };

static void tell(int fd, const struct report *report)
{
	(void)send(fd, report, sizeof(*report), MSG_NOSIGNAL);
}

static _Noreturn void give_up(int fd, enum enter_failure failure, const struct err *err)
{
	tell(fd, &(struct report){.kind = REPORT_FAILED, .failure = failure, .err = *err});
	_exit(ENTER_EXIT);
}

/* The same, of what a filter may have kept us from. */
static _Noreturn void give_up_filtered(const struct enter *enter, int fd, struct err *err)
{
	if (enter->identity.filter && !enter->identity.no_new_privs)
		enter_blame_filter(err);
	give_up(fd, ENTER_FAILED, err);
}

/* Standard input, output and error in their places, the report socket and the note behind them, and nothing else. */
static int arrange_descriptors(const int stdio[3], int report, int note, struct err *err)
{
	int moved[5] = {stdio[0], stdio[1], stdio[2], report, note};

	/* First out of the way, so that no dup2 overwrites what a later one reads. */
	for (int i = 0; i < 5; i++) {
		moved[i] = fcntl(moved[i], F_DUPFD_CLOEXEC, 64);
		if (moved[i] < 0)
			return err_errno(err, errno, "arrange the descriptors");
	}
	for (int i = 0; i < 3; i++)
		if (dup2(moved[i], i) < 0)
			return err_errno(err, errno, "arrange the descriptors");
	if (dup3(moved[3], REPORT_FD, O_CLOEXEC) < 0 || dup3(moved[4], NOTE_FD, O_CLOEXEC) < 0)
		return err_errno(err, errno, "arrange the descriptors");
	sys_close_from(NOTE_FD + 1);
	return 0;
}

/* The container's root directory may be another than its mount namespace's root, after a chroot. */
static int change_root(const struct enter *enter, struct err *err)
{
	if (fchdir(enter->root) < 0 || chroot(".") < 0)
		return err_errno(err, errno, "change to the container's root directory");
	return 0;
}

static bool is_below_root(void)
{
	char path[4096];

	return syscall(SYS_getcwd, path, sizeof(path)) > 0 && path[0] == '/';
}

/*
 * The directory that was asked for. Links are the container's, and lead nowhere else; those of /proc, which could lead to
 * a directory of the host's that is still open here, are not followed.
 */
static int change_to_workdir(const struct enter *enter, struct err *err)
{
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), directory = FD_NONE;

	if (root < 0)
		return err_errno(err, errno, "open the container's root directory");
	directory = path_open_in_root(root, enter->workdir, O_PATH | O_DIRECTORY);
	if (directory < 0)
		return err_errno(err, -directory, "the working directory %s", enter->workdir);
	if (fchdir(directory) < 0)
		return err_errno(err, errno, "the working directory %s", enter->workdir);
	if (!is_below_root())
		return err_set(
			err, EXDEV, "the working directory %s: it is not in the container", enter->workdir);
	return 0;
}

/*
 * The working directory, unless it lies outside the root: then its path is "(unreachable)..." (getcwd(2)),
 * and relative paths would lead out of the container (CVE-2024-21626). A deleted directory (ENOENT) is no
 * place to be either.
 */
static int change_directory(const struct enter *enter, struct err *err)
{
	if (enter->directory >= 0 && fchdir(enter->directory) == 0 && is_below_root())
		return 0;
	if (chdir("/") < 0)
		return err_errno(err, errno, "change to the container's root directory");
	return 0;
}

/* The tools that the command's path leads to have to be those that were verified from outside (GAUNTLET G12). */
static int check_tools(const struct enter *enter, struct err *err)
{
	const struct mnt_identity *wanted = &enter->tools;
	struct mnt_identity found;
	int rc = mnt_identify(AT_FDCWD, "/dev/crashcart", &found);

	if (rc < 0)
		return err_errno(err, -rc, "/dev/crashcart inside");
	if (found.device != wanted->device || found.inode != wanted->inode || !found.is_mount_root ||
		((!enter->copy_mounts || enter->cover >= 0) && found.mount != wanted->mount))
		return err_set(err, EPERM,
			"/dev/crashcart inside is not what was attached: the container has covered it");
	return 0;
}

/*
 * Root, working directory and tools. As the root of its user namespace: a FUSE file system of an ordinary user's (rootless
 * podman's fuse-overlayfs) serves no one whose numbers are not mapped there, whatever capabilities he has.
 */
static int join_files(const struct enter *enter, struct err *err)
{
	int rc;

	if (enter->namespaces & CLONE_NEWUSER) {
		(void)setfsgid(0);
		(void)setfsuid(0);
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* as after any change of credentials */
	}
	rc = change_root(enter, err);

	if (rc == 0)
		rc = change_directory(enter, err);
	if (rc == 0 && enter->copy_mounts)
		rc = enter_copy_mounts(enter, err);
	return rc == 0 ? check_tools(enter, err) : rc;
}

static int join(const struct enter *enter, struct err *err)
{
	int rc;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Outside: in a user namespace that denies setgroups it would fail, and the host's groups would stay. */
	if (setgroups(0, NULL) < 0)
		return err_errno(err, errno, "drop the supplementary groups");
	rc = enter->lsm ? lsm_set_at_exec(enter->lsm, err) : 0;
	if (rc == 0)
		rc = ns_enter(enter->target->pidfd, enter->namespaces, err);
	mark_set(enter->mark);
	if (rc == 0 && !enter->stays)
		rc = join_files(enter, err);
	if (rc == 0 && enter->workdir) /* there may be another file system on it by now */
		rc = change_to_workdir(enter, err);
	return rc;
}

/* The last thing before the command's process is made: from here on a filter may hold us back, so little is left to do. */
static int settle(const struct enter *enter, struct err *err)
{
	int rc = become(&enter->identity, err);

	/* A change of credentials makes a process dumpable again, as /proc/sys/fs/suid_dumpable says. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return rc;
}

static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL); /* SIGKILL, SIGSTOP and the C library's own refuse */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The value of PATH in ENVIRONMENT, or an empty one. */
static const char *search_path(char *const *environment)
{
	for (; *environment; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return "";
}

/* As execvpe(3): returns the errno that says most. EACCES in one directory does not hide the command in the next. */
static int exec_search(const struct enter *enter)
{
	const char *directory = search_path(enter->environment);
	int number = ENOENT;

	while (*directory) {
		size_t length = strcspn(directory, ":");
		char path[4096];

		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)length, directory, enter->path) <
			sizeof(path)) {
			execve(path, enter->arguments, enter->environment);
			if (errno != ENOENT && errno != ENOTDIR && faccessat(AT_FDCWD, path, F_OK, 0) == 0)
				number = errno;
		}
		directory += length + (directory[length] == ':');
	}
	return number;
}

static _Noreturn void run_command(const struct enter *enter)
{
	struct err err = {0};
	int number;
	bool found;

	if (strchr(enter->path, '/')) {
		execve(enter->path, enter->arguments, enter->environment);
		number = errno;
	} else {
		number = exec_search(enter);
	}
	/* ENOENT with the file there: its interpreter is missing. */
	found = number != ENOENT ||
		(strchr(enter->path, '/') && faccessat(AT_FDCWD, enter->path, F_OK, 0) == 0);
	if (!found)
		err_set(&err, number, "%s: not found, %s", enter->path,
			enter->stays ? "on the host" : "neither in the tools tree nor in the container");
	else if (number == ENOENT)
		err_set(&err, number, "%s: its interpreter is not there", enter->path);
	else
		err_errno(&err, number, "%s: cannot be run", enter->path);
	give_up(REPORT_FD, found ? ENTER_NOT_RUN : ENTER_NOT_FOUND, &err);
}

/* A session and a terminal of its own, and an end with the caller: a filter may have something against any of them. */
static int lead_session(const struct enter *enter, struct err *err)
{
	if (setsid() < 0)
		return err_errno(err, errno, "make a session for the command");
	if (enter->terminal && ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return err_errno(err, errno, "make the terminal the command's");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_errno(err, errno, "have the command end with dbg-inject");
	return 0;
}

static int make_ready(const struct enter *enter, struct err *err)
{
	const struct identity *identity = &enter->identity;
	int rc = 0;

	/* Once more: who may unmount can also take the directory away that a copy's mount is on, and put another there. */
	if (!enter->stays)
		rc = check_tools(enter, err);
	if (rc == 0 && identity->filter && identity->no_new_privs)
		rc = seccomp_apply(identity->filter, err);
	return rc;
}

/* The third process: waits for the word to go, so that the caller knows it before anything of the command happens. */
static _Noreturn void be_command(const struct enter *enter)
{
	struct err err = {0};
	char word;

	close(NOTE_FD);
	if (lead_session(enter, &err) < 0)
		give_up_filtered(enter, REPORT_FD, &err);
	tell(REPORT_FD, &(struct report){.kind = REPORT_READY});
	/* A caller that ended before the prctl took effect has closed its end. */
	if (recv(REPORT_FD, &word, 1, 0) != 1)
		_exit(ENTER_EXIT);
	reset_signals();
	umask(022);
	if (make_ready(enter, &err) < 0)
		give_up_filtered(enter, REPORT_FD, &err);
	run_command(enter);
}

/*
 * A sibling, so that its exit status is the caller's to wait for; its exit signal is ours, SIGCHLD. By clone, which
 * containers' filters let pass, and not by clone3, which they do not, since they cannot look at its flags.
 */
static pid_t make_sibling(void)
{
#if defined(__s390__) /* the stack comes first there */
	return (pid_t)syscall(SYS_clone, 0, CLONE_PARENT, NULL, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, CLONE_PARENT, 0, NULL, NULL, 0);
#endif
}

/* The second process. */
_Noreturn void enter_be_joiner(const struct enter *enter, int report, int note)
{
	struct err err = {0};
	uint64_t number;
	pid_t pid;

	if (join(enter, &err) < 0)
		give_up(report, ENTER_FAILED, &err);
	if (arrange_descriptors(enter->stdio, report, note, &err) < 0)
		give_up(report, ENTER_FAILED, &err);
	if (settle(enter, &err) < 0)
		give_up_filtered(enter, REPORT_FD, &err);
	pid = make_sibling();
	if (pid == 0)
		be_command(enter);
	if (pid < 0) {
		err_errno(&err, errno, "make a process in the container");
		give_up_filtered(enter, REPORT_FD, &err);
	}
	number = (uint64_t)pid;
	(void)!write(NOTE_FD, &number, sizeof(number));
	_exit(0);
}
