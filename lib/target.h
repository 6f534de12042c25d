/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A running process, held by descriptors that name it and no other. The order makes it safe against reused
 * pids: first /proc/PID and the pidfd are opened, then the identity is read through the former, then the
 * latter is asked whether the process still lives. What was read is then the pidfd's process's.
 */
#pragma once

#include "util.h"

#include <sys/types.h>

struct err;

struct target {
	pid_t pid;
	int pidfd; /* kernel 5.3 */
	int proc;  /* /proc/PID, O_PATH: reads through it fail with ESRCH when the process is gone */
	uint64_t start_time; /* clock ticks after boot, /proc/PID/stat field 22 */
};

#define TARGET_NONE ((struct target){.pidfd = FD_NONE, .proc = FD_NONE})

/*
 * Opens process PID of our pid namespace. START_TIME: what it has to be; 0: any. -ESRCH: no such process, or
 * another one by now. Needs a procfs at /proc, which is checked.
 */
int target_open(pid_t pid, uint64_t start_time, struct target *ret, struct err *err);
void target_close(struct target *target);
#define cleanup_target __attribute__((cleanup(target_close)))

/* 0 while the process lives (a zombie does not), -ESRCH when it does not; another error: nobody knows. */
int target_check(const struct target *target, struct err *err);

/*
 * Waits until the process behind PIDFD has ended, or for a time of util_now to come: UNTIL. True: it has ended, also where
 * nobody has waited for it yet; with UNTIL in the past it is only asked.
 */
bool target_await_end(int pidfd, int64_t until);

/*
 * Is the process gone that was PID, and started at START_TIME, in the pid namespace PID_NAMESPACE? Only a sure yes is
 * true: not where we are in another pid namespace, or could not look (too many open files, no procfs).
 */
bool target_is_gone(pid_t pid, uint64_t start_time, uint64_t pid_namespace);

/* The number of our pid namespace, as ns_number has it; 0: not to be told. */
uint64_t target_pid_namespace(void);

/*
 * The number of the inode of PIDFD, which no other process has as long as the kernel runs. 0: not to be told: before Linux 6.9 all
 * pidfds have one number, and on machines of 32 bits it comes again.
 */
uint64_t target_inode(int pidfd);
/* Is it that of PIDFD? NUMBER: of target_inode, on this kernel; not 0. With half the calls. */
bool target_has_inode(int pidfd, uint64_t number);

/* The start time of the process behind PROC, a descriptor of /proc/PID. */
int target_start_time(int proc, uint64_t *ret, struct err *err);

/* Opens /proc as a directory, and makes sure that it is a procfs. Returns the descriptor or -errno. */
int target_open_proc(struct err *err);

/*
 * Reads /proc/PID/mountinfo through PROC: the table as the process sees it, whatever our own says. *RET_TEXT:
 * the caller's.
 */
int target_read_mounts(int proc, char **ret_text, struct err *err);

/* What a process may (/proc/PID/status; a kernel without the last two says no). */
struct target_status {
	uint64_t bounding_set; /* a mask */
	bool no_new_privs, has_filter;
};

int target_read_status(int proc, struct target_status *ret, struct err *err);

/* The process's name up to a newline, as its owner chose it: at most 63 bytes. "?" if it is gone. */
void target_name(int proc, char ret[64]);
