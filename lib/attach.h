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
	struct mnt_identity tools; /* the root of those */
	unsigned int tools_group;  /* their peer group on the host */
	bool moved;                /* tools were moved into the container, and are at /dev/crashcart there */
	bool severed;              /* the container has a copy of tools that does not follow the host's */
	dev_t image; /* device number of the image that was attached last; 0: it was none. Others may have it too */
	dev_t masters;  /* device number of the masters' file system */
	const char *id; /* of the container; the record's */
};

/* RECORD, the container's, has to be there as long as *RET is used. */
int attach_look(const struct store *store, const struct record *record, const struct target *target,
	struct attach_status *ret, struct err *err);

/*
 * True if ENTRY, of a container's table, is a mount of the tools: a slave of the host's; or cut off, and told by its
 * source, or as an image by its device number.
 */
bool attach_is_tools(const struct mount_entry *entry, const struct attach_status *status);

/* The tools as the container has them: verified, and pinned, so that nobody detaches them, as long as ROOT is open. */
struct attach_view {
	int root; /* the tools' root directory, in the container's mount namespace; O_PATH */
	struct mnt_identity identity;
	bool were_there; /* they were attached already */
	bool moved;      /* by a mount moved into the container: it does not follow the host's */
	char *tools;     /* the tree's path on the host; null: not known */
};

#define ATTACH_VIEW_NONE ((struct attach_view){.root = FD_NONE})
void attach_view_close(struct attach_view *view);
#define cleanup_attach_view __attribute__((cleanup(attach_view_close)))

/*
 * Attaches the tree at TOOLS (an absolute path of the host's) unless tools are attached already, and opens them as the
 * container sees them. RECORD is what the container was resolved to: if it has been started anew since, -ESRCH; its file
 * is written anew. -ENOLINK: attached, but the container does not see it; it has been undone. -EEXIST: MUST_MATCH, and
 * another tree is attached.
 * A container whose mount does not follow the host's, or that has none, gets them by a mount that is moved into it;
 * -EOPNOTSUPP: that cannot be, err tells why. -ENOTRECOVERABLE: as in provision.h.
 */
int attach_tools(const struct store *store, const struct record *record, const struct target *target,
	const char *tools, bool must_match, struct attach_view *ret, struct err *err);

/* attach_move.c: attach_tools for a container that cannot be told by propagation. RECORD is the one under the lock. */
int attach_by_move(const struct store *store, struct record *record, const struct target *target,
	const char *path, struct attach_view *ret, struct err *err);

/* What the container has at /dev/crashcart has to be the mount whose root is WANTED, seen through its own root; opened. */
int attach_open_inside(const struct target *target, const struct mnt_identity *wanted,
	struct attach_view *ret, struct err *err);

/*
 * The record as it is under the lock, into RET: it may have changed since the container was RESOLVED. -ESRCH: that has been
 * started anew; -EOPNOTSUPP: another container has this record.
 */
int attach_read_record(
	const struct store *store, const struct record *resolved, struct record *ret, struct err *err);

/*
 * attach_remove.c. Takes the tools away: from the host, which takes them from the container, and where the container has cut the tie,
 * from the container itself. STATUS: of attach_look. LAZY: also while they are in use, else -EBUSY. -ESTALE: the
 * container has covered a copy that it had cut off, which stays until it ends. -ENOTRECOVERABLE: as in provision.h.
 */
int attach_remove(const struct store *store, const struct record *record, const struct target *target,
	const struct attach_status *status, bool lazy, struct err *err);
