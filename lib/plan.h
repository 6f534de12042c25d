/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done, decided from what is known: plain data in, plain data out, nothing done. */
#pragma once

#include "mnt.h"
#include "mountinfo.h"
#include "policy.h"
#include "state.h"

enum plan_verb {
	PLAN_LEAVE,   /* nothing to do; REASON for the log */
	PLAN_SKIP,    /* this container gets no mount; REASON for the log */
	PLAN_REMOVE,  /* all that is there of it goes */
	PLAN_ENSURE,  /* it shall have its mount: what that takes, plan_mount tells */
	PLAN_PLACE,   /* put a new slave of the master on the directory */
	PLAN_TIE,     /* the mount is there, and lost its master */
	PLAN_REPLACE, /* an old mount of ours is there, of no use: away with it, and a new one */
};

struct plan {
	enum plan_verb verb;
	const char *reason; /* a constant; null where the verb says all */
};

/* First, from the state and the policy alone. ANNOTATIONS: the state's, or config.json's. */
struct plan plan_state(
	const struct container *container, const struct json *annotations, const struct policy *policy);

/* What was seen of a container's /dev, at the descriptors that are acted on then. */
struct plan_facts {
	bool own_mount_namespace;
	struct mnt_identity root; /* of the container */
	int dev_error;            /* 0: DEV holds; else the errno of opening it */
	struct mnt_identity dev;
	dev_t host_dev;      /* device number of the host's /dev */
	bool dev_is_whole;   /* the root of its file system: no directory of the host's or of a volume */
	bool dev_is_on_host; /* the same file system, or a peer or slave of the mount, is in the host's table */
	int point_error; /* 0: POINT holds; ENOENT: not there; else why it could not be opened as a directory */
	struct mnt_identity point; /* /dev/crashcart */
	const struct mount_entry
		*mount;       /* its line of the container's mountinfo, where it is a mount; else null */
	dev_t masters_device; /* of the tmpfs of all masters */
	unsigned int masters_group; /* its peer group, "shared:N"; 0: not shared */
	dev_t tools_device;         /* of what is attached to the master; 0: nothing */
	bool unfinished; /* before the pivot: a mount of config.json's may not be read-only yet (crun) */
	const char *id;
};

/* Then, for PLAN_ENSURE, from what was seen. Never PLAN_ENSURE or PLAN_REMOVE. */
struct plan plan_mount(const struct plan_facts *facts);

/* True if ENTRY is the mount that container ID has from us: the root of its master, in our tmpfs. */
bool plan_is_provision(const struct mount_entry *entry, dev_t masters_device, const char *id);

/* The proof: ENTRY is a slave of GROUP, no peer of anybody, read-only, nosuid, nodev and noexec. Null, or
 * what is wrong. */
const char *plan_unproven(const struct mount_entry *entry, unsigned int group);
