/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container's /dev/crashcart: looked at, made, mounted on, and removed. What is looked at is what is acted on, by
 * descriptors that stay open. All need CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE.
 */
#pragma once

#include "baseline.h"
#include "mounts.h"
#include "plan.h"
#include "store.h"
#include "target.h"

struct place {
	const struct target *target; /* a process of the container's mount namespace */
	int root;                    /* the container's root directory, O_PATH; borrowed */
	const char *id;              /* of the container */
	uint64_t own_namespace;      /* as of ns_own_mount_number; 0: place_look asks for it */
	int dev, point;              /* its /dev and /dev/crashcart */
	struct plan_facts facts;
	struct mounts mounts;  /* the container's, once place_look has been called */
	bool dev_is_in_memory; /* its /dev, see baseline_is_in_memory */
	uint64_t
		mount; /* the number (mnt_unique) of our mount on POINT; 0: there is none, or it is not known */
};

#define PLACE_OF(target_, root_, id_)                                                                        \
	((struct place){.target = (target_),                                                                 \
		.root = (root_),                                                                             \
		.id = (id_),                                                                                 \
		.dev = FD_NONE,                                                                              \
		.point = FD_NONE,                                                                            \
		.mounts = MOUNTS_OWN})
void place_close(struct place *place);
#define cleanup_place __attribute__((cleanup(place_close)))

/* Opens what there is, and decides what can be done with it: as plan_mount. */
int place_look(struct place *place, const struct store *store, struct plan *ret, struct err *err);

/*
 * Makes the directory, as the owner of the container's /dev: in a user namespace's tmpfs the host's root is nobody, and
 * its mkdir fails with EOVERFLOW. The file system uid may change, but is the thread's alone, and changes no other right.
 * -EBUSY: by now there is one, with something mounted on it.
 */
int place_make(struct place *place, struct err *err);

/*
 * Attaches MOUNT, a detached one, there, in the container's mount namespace; makes the directory where it was not there.
 * REPLACE: first takes away what is mounted on it. -ENOTRECOVERABLE: we are still in the container's mount namespace.
 */
int place_mount(struct place *place, int mount, bool replace, struct err *err);

/* Removes the directory from the container behind TARGET, if it is an empty one that nothing is mounted on. */
void place_remove(const struct target *target);
