/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a command runs as: users and groups of a container's own files, by name or number. */
#pragma once

#include "passwd.h"

struct user {
	uid_t uid; /* these are the container's: numbers of its user namespace */
	gid_t gid;
	struct passwd_groups groups; /* supplementary ones */
	char home[1024];
};

/*
 * What SPEC, "USER[:GROUP]", means to the container whose root directory ROOT is; as for `docker exec -u`: a name is
 * looked up in /etc/passwd or /etc/group, digits are a number, also if the files do not have it. With USER alone, its
 * entry gives the group, and /etc/group the others; the group is one of the supplementary ones too, so that nobody drops
 * it to get what is denied to it (CVE-2022-36109). -ENOENT: no such name. Reads by foreign_read.
 */
int user_find(int root, const char *spec, struct user *ret, struct err *err);

/*
 * The number outside, in our user namespace, of ID in that of the process behind PROC. FILE: "uid_map" or "gid_map".
 * -ERANGE: it is not mapped there.
 */
int user_outside(int proc, const char *file, uid_t id, uid_t *ret, struct err *err);

/* 0 if all of USER's numbers are mapped, else -ERANGE. */
int user_check_mapped(int proc, const struct user *user, struct err *err);
