/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control groups of a container, of version 1, 2, and both beside each other. */
#pragma once

#include "bounds.h"

#include <stddef.h>
#include <sys/types.h>

struct err;

/* Where one of them is on the host: PATH, below the mount at POINT. Both lie in the texts of cgroup_find. */
struct cgroup_place {
	const char *controllers; /* "cpu,cpuacct", "name=systemd"; empty: version 2 */
	const char *point, *path;
};

/* Their directories, open. */
struct cgroups {
	int list[CGROUP_LIMIT];
	size_t count;
};

/*
 * Pure. MEMBERSHIP: a text as of /proc/PID/cgroup; TABLE: our own mountinfo; both are cut up. *RET_COUNT: of the places in
 * PLACES, CGROUP_LIMIT of them at the most. What is mounted nowhere is left out. -EXDEV: it is outside of what our cgroup
 * namespace shows; -ENOENT: none is left; -E2BIG; -EINVAL: not such a text.
 */
int cgroup_find(
	char *membership, char *table, struct cgroup_place *places, size_t *ret_count, struct err *err);

/* Reads both texts for cgroup_find; PROC as below. They are the caller's. */
int cgroup_read(int proc, char **ret_membership, char **ret_table, struct err *err);

/* Opens PLACE, or of its path only the first LENGTH bytes, which are whole components. Returns a descriptor. */
int cgroup_open_directory(const struct cgroup_place *place, size_t length, struct err *err);

/* Opens those of the process behind PROC (a descriptor of its /proc directory). *RET: the caller's. */
int cgroup_open(int proc, struct cgroups *ret, struct err *err);
void cgroup_close(struct cgroups *cgroups);
#define cleanup_cgroups __attribute__((cleanup(cgroup_close)))

/* -EAGAIN: they are frozen, and so would be who joins them. */
int cgroup_check_thawed(const struct cgroups *cgroups, struct err *err);

/* Moves process PID, a child of ours that is not waited for yet, into all of them. Needs write access to each. */
int cgroup_join(const struct cgroups *cgroups, pid_t pid, struct err *err);
