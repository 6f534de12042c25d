/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's work on one container that lives: its record, its master, its mount, and the proof of it. */
#pragma once

#include "plan.h"
#include "record.h"
#include "store.h"
#include "target.h"

/* A container's mount tree as it is at this moment. */
struct provision_view {
	int root;     /* the container's root directory, O_PATH; before the pivot, by provision_find_root */
	bool pivoted; /* the process has it as its root already: the runtime is past pivot_root, it is
			 poststart */
};

#define PROVISION_VIEW_NONE ((struct provision_view){.root = FD_NONE})

/* The root directory that the process behind TARGET has, and whether that is the container's. */
int provision_look(const struct target *target, struct provision_view *ret, struct err *err);

/*
 * Makes VIEW's root the container's. Before the pivot the process still has a copy of the host's tree, and the root is at
 * ROOT_PATH there, an absolute path of the host's (null: not known, an error then).
 */
int provision_find_root(struct provision_view *view, const char *root_path, struct err *err);
void provision_view_close(struct provision_view *view);
#define cleanup_view __attribute__((cleanup(provision_view_close)))

/*
 * Makes the container have its mount. RECORD: what is to be written of it (id, process, names). *RET: what
 * was decided; with PLAN_PLACE, PLAN_TIE and PLAN_REPLACE it was done, and proved. Needs CAP_SYS_ADMIN,
 * CAP_SYS_CHROOT, CAP_SYS_PTRACE and the right to become the owner of the container's /dev. Kernel 5.12.
 * -EPROTO: done, but not proved. -ENOTRECOVERABLE: we are still in the container's mount namespace: the
 * caller must end without touching a path (a log's socket would be the container's).
 */
int provision(struct store *store, const struct record *record, const struct target *target,
	const struct provision_view *view, struct plan *ret, struct err *err);
