/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mounted, as one mount namespace has it. The kernel is asked for the mount that is meant (statmount: Linux 6.8, of another
 * mount namespace 6.11, and 6.13 for all that is wanted): so it costs the same however many mounts there are. Where it does not
 * answer, for whatever reason, the table is read, /proc/PID/mountinfo, which says the same.
 */
#pragma once

#include "mountinfo.h"
#include "util.h"

#include <stdint.h>

struct err;
struct target;

struct mounts {
	int proc;        /* of a process of the mount namespace, borrowed; FD_NONE: it is our own */
	uint64_t number; /* of the mount namespace, as statmount takes it; 0: our own */
	bool by_table;   /* the kernel is not asked */
	char *table;     /* as it was read; null: not yet */
};

/* Those of our own mount namespace; and of that of TARGET's process, which has to stay open. */
#define MOUNTS_OWN ((struct mounts){.proc = FD_NONE})
struct mounts mounts_of(const struct target *target);
void mounts_close(struct mounts *mounts);
#define cleanup_mounts __attribute__((cleanup(mounts_close)))

/* One mount. Its texts lie in here: it is not to be copied. */
struct mounts_found {
	struct mount_entry
		entry; /* without PARENT and POINT, which are 0 and "" where the kernel was asked */
	char options[32];
	uint64_t answer[192];
	uint64_t number; /* mnt_unique's; 0: it was not asked for */
	char *table;
};

#define MOUNTS_FOUND_NONE ((struct mounts_found){.table = NULL})
void mounts_release(struct mounts_found *found);
#define cleanup_found __attribute__((cleanup(mounts_release)))

/*
 * The mount that FD was reached through: 1, and it is in *RET; 0: this mount namespace has none such; or -errno. ID: its number
 * (mnt_identify), which it has to be found with; 0: not known.
 */
int mounts_find(
	struct mounts *mounts, int fd, unsigned long long id, struct mounts_found *ret, struct err *err);

/* The peer group of that mount; 0: it has none, or there is none such. 0 or -errno. */
int mounts_group(struct mounts *mounts, int fd, unsigned long long id, unsigned int *ret, struct err *err);

/*
 * As mounts_find, of the mount NUMBER, of mnt_unique, where the kernel tells. False: it does not, there is none such,
 * or no NUMBER; mounts_find may know more.
 */
bool mounts_ask(const struct mounts *mounts, uint64_t number, struct mounts_found *ret);

/* A copy of the table, the caller's to cut up and to free. */
int mounts_table(struct mounts *mounts, char **ret, struct err *err);

/* What was read is no more: something has been mounted since. */
void mounts_forget(struct mounts *mounts);

/*
 * Is there any mount in our own mount namespace that IS_WANTED? That may look at major, minor, shared and master alone.
 * Returns 1, 0 or -errno.
 */
int mounts_any(bool (*is_wanted)(const struct mount_entry *entry, const void *context), const void *context,
	struct err *err);
