/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a process is, and what it may: given up in the one order that leaves nothing behind. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct seccomp_filter;

/* Numbers are those of the user namespace that we are in by then. GROUPS are borrowed. */
struct identity {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count; /* 0: none, which they have to be already */
	uint64_t bounding_set;
	uint64_t capabilities;
	bool no_new_privs;
	const struct seccomp_filter *filter; /* borrowed; null: none */
};

/*
 * Makes the calling process IDENTITY, for good. Its capabilities are its permitted and effective set; those of a user
 * other than root are inheritable and ambient, too, without which they would end at exec. (Root's become the bounding set
 * at exec.) The process stays one that cannot be traced. Needs CAP_SETUID, CAP_SETGID and CAP_SETPCAP in the user namespace; reads no file.
 *
 * With no_new_privs the filter is the caller's to lay on, right before exec. Without, that needs CAP_SYS_ADMIN in the user
 * namespace, so it is done here, and what is done from then on it has to let pass: capset, capget, prctl, and the caller's.
 */
int become(const struct identity *identity, struct err *err);
