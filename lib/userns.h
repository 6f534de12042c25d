/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User namespaces: whose root we are, and whose a process's is. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct err;

/*
 * Are we root of an ordinary user's namespace, as within rootless podman, and not the node's, nor that of a system
 * container, which has a root directory of its own? *RET_UID: that user, as the namespace around ours numbers it.
 */
bool userns_is_rootless(uid_t *ret_uid);

/* The user that made the user namespace of the process behind PROC (a descriptor of /proc/PID); Linux 4.11. */
int userns_owner(int proc, uid_t *ret, struct err *err);

/*
 * In an ordinary user's namespace: is UID the node's root? That is nobody there, as are all users that are not mapped; it owns
 * the root directory.
 */
bool userns_is_node_root(uid_t uid);
