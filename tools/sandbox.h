/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a program of a tools tree where there is nothing else: an empty, read-only root with /proc, a minimal /dev and the
 * tree at /dev/crashcart, in mount, pid, network, ipc, uts and cgroup namespaces of its own, and in a user namespace
 * whose one user is nobody (for root) or the caller, with the capabilities of a debugger. What it starts ends with it, and all of it ends with us.
 * Needs clone3 and open_tree (kernel 5.3), mount_setattr (5.12).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { SANDBOX_OUTPUT_LIMIT = 1 << 20, SANDBOX_SECONDS = 10 };

struct sandbox {
	int tree;            /* its directory, borrowed */
	int cancel;          /* as in run.h */
	bool user_namespace; /* false: we are root, and there are none to be had */
};

/*
 * Finds out what can be had here, by doing it. NAME is the tree's, for messages. Without a user namespace its programs are
 * root's own: -EPERM then, if others than root may write to the tree. Other errors:
 * what is missing on this machine; -ECANCELED.
 */
int sandbox_open(int tree, const char *name, int cancel, struct sandbox *ret, struct err *err);

enum sandbox_end {
	SANDBOX_EXITED,   /* VALUE: its exit status */
	SANDBOX_SIGNALED, /* VALUE: the signal that ended it */
	SANDBOX_NOT_RUN,  /* VALUE: the errno of execve */
	SANDBOX_TIMEOUT,  /* ended by us after SANDBOX_SECONDS */
};

struct sandbox_result {
	enum sandbox_end end;
	int value;
	char *output;  /* standard output and error, the caller's to free; a NUL is behind it */
	size_t length; /* what comes after SANDBOX_OUTPUT_LIMIT is dropped */
};

/*
 * Runs PATH with ARGV (ended by null; argv[0] too). Standard input is /dev/null; the environment is PATH, HOME and TERM.
 * Errors: what kept the sandbox from being made; -ECANCELED. No process of it is left, whatever is returned.
 */
int sandbox_run(const struct sandbox *sandbox, const char *path, const char *const *argv,
	struct sandbox_result *ret, struct err *err);
