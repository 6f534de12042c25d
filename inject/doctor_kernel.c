/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel can do is tried, not told by its version: distributions bring new calls to old kernels, and seccomp
 * filters take them away from new ones. A process in a mount namespace of its own does it: what it mounts goes with it.
 */
#include "doctor.h"

#include "io.h"
#include "mnt.h"
#include "sys.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>

enum { TRIAL_MILLISECONDS = 10000 };

/* Of the process that tries: where it mounts. */
struct bench {
	int place;   /* a directory in memory */
	int masters; /* a shared tmpfs, mounted at place/masters */
};

static int try_openat2(struct bench *bench, struct err *err)
{
	cleanup_fd int fd = sys_openat2(AT_FDCWD, "/", O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS);

	(void)bench;
	return fd < 0 ? err_errno(err, -fd, "openat2") : 0;
}

static int try_pidfd(struct bench *bench, struct err *err)
{
	cleanup_fd int fd = sys_pidfd_open(getpid());

	(void)bench;
	if (fd < 0)
		return err_errno(err, -fd, "pidfd_open");
	return sys_pidfd_send_signal(fd, 0) < 0 ? err_errno(err, errno, "pidfd_send_signal") : 0;
}

/* Into the namespace that we are in. */
static int try_setns(struct bench *bench, struct err *err)
{
	cleanup_fd int fd = sys_pidfd_open(getpid());

	(void)bench;
	return setns(fd, CLONE_NEWUTS) < 0 ? err_errno(err, errno, "setns with a pidfd") : 0;
}

/* Without arguments it says EINVAL, where it is there. */
static int try_clone3(struct bench *bench, struct err *err)
{
	(void)bench;
	(void)syscall(SYS_clone3, NULL, 0);
	return errno == EINVAL ? 0 : err_errno(err, errno, "clone3");
}

static int try_close_range(struct bench *bench, struct err *err)
{
	int rc = sys_close_range(~0U, ~0U, 0);

	(void)bench;
	return rc < 0 ? err_errno(err, -rc, "close_range") : 0;
}

/* fsopen, fsmount, and mount_setattr on what is nowhere mounted yet; then move_mount. */
static int try_new_mount(struct bench *bench, struct err *err)
{
	cleanup_fd int mount = FD_NONE, directory = FD_NONE;
	int rc;

	if (mkdirat(bench->place, "masters", 0755) < 0)
		return err_errno(err, errno, "mkdir");
	directory = openat(bench->place, "masters", O_PATH | O_DIRECTORY | O_CLOEXEC);
	mount = mnt_new_tmpfs("64k", "64", err);
	if (mount < 0)
		return mount;
	rc = mnt_attach(mount, directory, err);
	if (rc == 0)
		bench->masters = TAKE_FD(mount);
	return rc;
}

static int try_clone(struct bench *bench, struct err *err)
{
	cleanup_fd int clone = mnt_clone_slave(bench->masters, err);

	return clone < 0 ? clone : 0;
}

static int try_tie(struct bench *bench, struct err *err)
{
	cleanup_fd int slave = mnt_clone_slave(bench->masters, err), place = FD_NONE, lost = FD_NONE;
	int rc;

	if (slave < 0)
		return slave;
	lost = mnt_clone_read_only(bench->masters, err);
	if (lost < 0)
		return lost;
	if (mkdirat(bench->place, "lost", 0755) < 0)
		return err_errno(err, errno, "mkdir");
	place = openat(bench->place, "lost", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = mnt_attach(lost, place, err);
	return rc < 0 ? rc : mnt_tie(slave, lost, err);
}

static int try_overlay(struct bench *bench, struct err *err)
{
	static const char *const names[] = {"tree", "empty"};
	cleanup_fd int tree = FD_NONE, empty = FD_NONE, mount = FD_NONE;
	int *layers[] = {&tree, &empty};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (mkdirat(bench->place, names[i], 0755) < 0)
			return err_errno(err, errno, "mkdir");
		*layers[i] = openat(bench->place, names[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	mount = mnt_new_overlay((const int[]){tree, empty}, 2, NULL, err);
	return mount < 0 ? mount : 0;
}

/* In this order: the later ones build upon what the earlier have mounted. */
static const struct {
	const char *name, *since;
	enum doctor_level level; /* without it */
	const char *without;
	int (*try)(struct bench *bench, struct err *err);
	bool mounts; /* it needs a place to mount on */
} trials[] = {
	{"openat2", "5.6", DOCTOR_ERROR, "nothing is mounted in containers", try_openat2, false},
	{"pidfd_open, pidfd_send_signal", "5.3", DOCTOR_ERROR, "no container can be held", try_pidfd, false},
	{"setns with a pidfd", "5.8", DOCTOR_ERROR, "no container can be entered", try_setns, false},
	{"clone3", "5.3", DOCTOR_ERROR, "no command can be run", try_clone3, false},
	{"close_range", "5.9", DOCTOR_WARNING, "descriptors are closed one by one", try_close_range, false},
	{"fsopen, fsmount, mount_setattr, move_mount", "5.12", DOCTOR_ERROR, "nothing can be mounted",
		try_new_mount, true},
	{"open_tree, mount_setattr of a clone", "5.12", DOCTOR_ERROR, "no container gets the mount",
		try_clone, true},
	{"MOVE_MOUNT_SET_GROUP", "5.15", DOCTOR_WARNING,
		"with crun, the mount is replaced at poststart instead of tied again", try_tie, true},
	{"overlay of read-only layers", "5.2, with CONFIG_OVERLAY_FS", DOCTOR_WARNING,
		"tools are a plain read-only mount, and containers that may remount get none", try_overlay,
		true},
};

struct result {
	bool done;
	struct err err; /* number 0: it works */
};

static int make_bench(struct bench *bench, struct err *err)
{
	cleanup_fd int root = FD_NONE, point = FD_NONE, memory = FD_NONE;
	int rc;

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, errno, "make a mount namespace");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	point = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = mnt_make_private(root, err);
	if (rc == 0) {
		memory = mnt_new_directory("0755", err);
		rc = memory < 0 ? memory : mnt_attach(memory, point, err);
	}
	if (rc == 0)
		bench->place = TAKE_FD(memory);
	return rc;
}

static void try_all(struct result *results)
{
	struct bench bench = {FD_NONE, FD_NONE};
	struct err err = {0};
	int rc = make_bench(&bench, &err);

	for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
		if (rc < 0 && trials[i].mounts)
			results[i].err = err;
		else
			(void)trials[i].try(&bench, &results[i].err);
		results[i].done = true;
	}
}

static void await_trial(pid_t pid)
{
	cleanup_fd int pidfd = sys_pidfd_open(pid);
	struct pollfd event = {.fd = pidfd, .events = POLLIN};

	if (pidfd >= 0 && poll(&event, 1, TRIAL_MILLISECONDS) <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

static void say_results(struct doctor *doctor, const struct result *results)
{
	for (size_t i = 0; i < ARRAY_SIZE(trials); i++) {
		char remedy[256];

		snprintf(remedy, sizeof(remedy), "without it, %s: Linux %s or later has it",
			trials[i].without, trials[i].since);
		if (results[i].done && results[i].err.number == 0)
			doctor_say(doctor, DOCTOR_OK, "kernel", NULL, "%s", trials[i].name);
		else
			doctor_say(doctor, trials[i].level, "kernel", remedy, "%s: %s", trials[i].name,
				results[i].done ? results[i].err.text : "it did not come back");
	}
}

void doctor_kernel(struct doctor *doctor)
{
	size_t size = sizeof(struct result) * ARRAY_SIZE(trials);
	struct result *results = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = results == MAP_FAILED ? -1 : fork();

	if (pid < 0) {
		doctor_say(
			doctor, DOCTOR_ERROR, "kernel", NULL, "it could not be tried: %s", strerror(errno));
	} else if (pid == 0) {
		try_all(results);
		_exit(0);
	} else {
		await_trial(pid);
		say_results(doctor, results);
	}
	if (results != MAP_FAILED)
		munmap(results, size);
}

static bool reads(const char *path, char wanted)
{
	cleanup_free char *text = NULL;

	return io_read_file(AT_FDCWD, path, 64, &text, NULL, ERR_IGNORED) == 0 && *text == wanted;
}

void doctor_security(struct doctor *doctor)
{
	bool has_selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	bool has_apparmor = reads("/sys/module/apparmor/parameters/enabled", 'Y');

	if (has_selinux)
		doctor_say(doctor, DOCTOR_OK, "security", NULL,
			"SELinux is on (%s): tools have the type container_ro_file_t, of the package "
			"container-selinux",
			reads("/sys/fs/selinux/enforce", '1') ? "enforcing" : "permissive");
	if (has_apparmor)
		doctor_say(doctor, DOCTOR_OK, "security", NULL,
			"AppArmor is on: with --profile same a command has the container's profile");
	if (!has_selinux && !has_apparmor)
		doctor_say(doctor, DOCTOR_OK, "security", NULL, "neither SELinux nor AppArmor is on");
}
