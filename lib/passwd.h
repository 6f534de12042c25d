/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Texts of a container's /etc/passwd and /etc/group. Pure, and our own: the C library's name services would load what the
 * container says (CVE-2019-14271). Lines that are not as they should be are passed over.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

struct passwd_user {
	char name[256];
	uid_t uid;
	gid_t gid;
	char home[1024]; /* "/" where the file has no absolute path */
};

/* Group numbers, each once. */
struct passwd_groups {
	gid_t list[PASSWD_GROUPS_LIMIT];
	size_t count;
};

/* True if TEXT is a user's or a group's number: digits alone, and not the one that stands for none, 4294967295. */
bool passwd_number(const char *text, uid_t *ret);

/*
 * The first user of the LENGTH bytes of TEXT that is called NAME, or, where NAME is null, has the number UID. 1: found; 0:
 * there is none; -E2BIG: a line beyond the limit.
 */
int passwd_find_user(const char *text, size_t length, const char *name, uid_t uid, struct passwd_user *ret,
	struct err *err);

/* The number of the first group that is called NAME; results as above. */
int passwd_find_group(const char *text, size_t length, const char *name, gid_t *ret, struct err *err);

/* Adds one group; false: there is no room. */
bool passwd_add_group(struct passwd_groups *groups, gid_t gid);

/* Adds all groups that have NAME as a member. 0; -E2BIG: a line or their number is beyond the limit. */
int passwd_find_groups(
	const char *text, size_t length, const char *name, struct passwd_groups *groups, struct err *err);
