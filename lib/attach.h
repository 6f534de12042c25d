/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tools of one container: brought to it, seen from inside, taken away. All need the container's lock and
 * CAP_SYS_ADMIN. */
#pragma once

#include "mnt.h"
#include "store.h"
#include "target.h"

struct mount_entry;
struct record;

/* How a container stands, from its own mount table and the host's. */
struct attach_status {
	unsigned int host_group;   /* peer group of the masters; 0: not shared */
	unsigned int master;       /* that the container's mount has; 0: none */
	const char *unprovisioned; /* null: provisioned; else why not, a constant */
	bool attached;             /* tools are mounted on the master */
	dev_t tools_device;        /* of those */
};

int attach_look(const struct store *store, const char *id, const struct target *target,
	struct attach_status *ret, struct err *err);

/* The tools as the container has them: verified, and pinned, so that nobody detaches them, as long as ROOT is
 * open. */
struct attach_view {
	int root; /* the tools' root directory, in the container's mount namespace; O_PATH */
	struct mnt_identity identity;
};

#define ATTACH_VIEW_NONE ((struct attach_view){.root = FD_NONE})

/*
 * Attaches the tree at TOOLS (an absolute path of the host's) unless tools are attached already, and opens
 * them as the container sees them. *RET_ATTACHED: false if they were there. RECORD's file is written anew.
 * -ENOLINK: attached, but the container does not see it; it has been undone. -EEXIST: another tree is
 * attached; TOOLS may be null for "whichever".
 */
int attach_tools(const struct store *store, struct record *record, const struct target *target,
	const char *tools, struct attach_view *ret, bool *ret_attached, struct err *err);

/*
 * Takes the tools away: from the host, which takes them from the container, and where the container has cut
 * the tie, from the container itself. TARGET null: the container is gone. LAZY: also while they are in use,
 * else -EBUSY. *RET_DETACHED: false if there were none.
 */
int attach_remove(const struct store *store, struct record *record, const struct target *target, bool lazy,
	bool *ret_detached, struct err *err);

/* Is this a tools tree, fit to be believed? Opens it, O_PATH. */
int attach_open_tree(const char *tools, int *ret, struct err *err);

/* True if ENTRY, of a container's table, is a mount of the tools whose device number is DEVICE. */
bool attach_is_tools(const struct mount_entry *entry, dev_t device);
