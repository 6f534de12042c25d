/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two sides of enter.h say to each other: enter.c is the caller's, enter_child.c that of the other two processes. */
#pragma once

#include "enter.h"
#include "err.h"

/*
 * What the other two processes tell the caller: a packet each. The third's pid is not in it: the kernel tells it, in
 * numbers of the caller's pid namespace (SCM_CREDENTIALS).
 */
enum report_kind {
	REPORT_READY,
	REPORT_FAILED,
};

struct report {
	enum report_kind kind;
	enum enter_failure failure;
	struct err err;
};

/* Says in ERR, which is set, that the command's seccomp filter may be why. */
void enter_blame_filter(struct err *err);

/*
 * enter_mounts.c: gives us a copy of the mount namespace that we are in, and lays ENTER's cover over /dev/crashcart there.
 * Root and working directory move into the copy. Where the container has no mount there, its /dev is covered by one of
 * our own with all that it holds, since nothing can be made in it unseen. The file system uid may stay changed.
 */
int enter_copy_mounts(const struct enter *enter, struct err *err);

/*
 * The second process: joins, makes the third, and ends. REPORT: its end of the socket. NOTE: where the number of the third
 * goes, so that it can be killed before it speaks; a packet would wake the caller, who waits for the third's word.
 */
_Noreturn void enter_be_joiner(const struct enter *enter, int report, int note);
