/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many containers stand, for a list: what attach_look tells of one, with two calls each; four
 * more where the kernel does not tell of one mount (before 6.11), or the mount is not what the hook left. Nothing may be done by it. */
#pragma once

#include "bounds.h"
#include "mnt.h"
#include "store.h"

struct record;

struct standing {
	bool provisioned; /* its mount at /dev/crashcart follows the host's */
	bool attached;    /* tools are mounted on its master */
	bool moved;       /* tools were moved into it, and are at /dev/crashcart there */
};

enum { STANDING_NAME_SIZE = 256 };

/* What is the same for all. */
struct standing_host {
	int ctr; /* the store's */
	int procfs;
	struct mnt_identity masters;
	unsigned int group; /* of the masters; 0: not shared */
	char *table;        /* the mount table that was read last; of SIZE bytes */
	size_t size;
	/* The ids of the masters on which something is mounted, in order, where HAS_ATTACHED; else each is looked at. */
	bool has_attached;
	size_t attached_count;
	char *attached; /* texts of STANDING_NAME_SIZE bytes each */
};

#define STANDING_HOST_NONE ((struct standing_host){.procfs = FD_NONE})

int standing_open(const struct store *store, struct standing_host *ret, struct err *err);
void standing_close(struct standing_host *host);
#define cleanup_standing_host __attribute__((cleanup(standing_close)))

/* False: the process of RECORD, which has to have been seen to live, has ended. Needs CAP_SYS_PTRACE. */
bool standing_look(struct standing_host *host, const struct record *record, struct standing *ret);
