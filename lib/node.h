/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mount namespace of the node, where its administrator works: that of process 1. */
#pragma once

#include <stdbool.h>

struct err;

/*
 * An engine may call hooks in a mount namespace of its own (podman for containers with a user namespace, CRI-O on
 * OpenShift, a systemd unit with PrivateMounts): what is mounted there, nobody on the node sees. This enters process
 * 1's, if it has the same directory at STATE_DIRECTORY's place, and ours is one that follows it: its mounts are peers or
 * slaves, or we are in a pid namespace of our own, whose process 1 is master of the house. Else it does nothing: a
 * private namespace of a tester is its own node. Needs CAP_SYS_ADMIN, CAP_SYS_CHROOT. 1: entered; 0: not.
 */
int node_enter(const char *state_directory, struct err *err);

/* Is it ours? Nearly always: then there is nothing to enter, and no way back to be kept. Also where that cannot be told. */
bool node_is_here(void);
