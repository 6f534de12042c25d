/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state directory: its places, its locks, and what one container has in it. Made on first use, by whoever
 * comes first. What a container can reach (the masters, through its mount) is never locked: it could hold the
 * lock for ever.
 */
#pragma once

#include "bounds.h"

#include "util.h"

#include <sys/types.h>

struct err;

struct store {
	int dir;      /* the state directory */
	int ctr;      /* the tmpfs of the masters: mounted on <state>/ctr, shared; O_PATH */
	int records;  /* rec/ */
	int sessions; /* sessions/ */
	int pending; /* pending/: a mark for each container between two states, so that one that got stuck is found */
	int empty; /* an empty directory, the second layer of overlays */
	int lock;
	pid_t locked_by; /* the process that holds the container's lock, 0: none; a forked child does not
			    unlock */
};

#define STORE_NONE ((struct store){FD_NONE, FD_NONE, FD_NONE, FD_NONE, FD_NONE, FD_NONE, FD_NONE, 0})

/*
 * Opens the state directory PATH (absolute, its parent has to be there). CREATE: make what is missing, under
 * a lock; else -ENOENT. Refuses a directory that others than root may write (-EPERM). Needs CAP_SYS_ADMIN to
 * create.
 */
int store_open(const char *path, bool create, struct store *ret, struct err *err);
void store_close(struct store *store);
#define cleanup_store __attribute__((cleanup(store_close)))

/*
 * Locks what is known of container ID against all other processes of ours; waits STORE_LOCK_SECONDS at the
 * most, since a container's start may wait for it (-EBUSY). One container at a time. Uses SIGALRM meanwhile.
 */
int store_lock(struct store *store, const char *id, struct err *err);
void store_unlock(struct store *store);

/* The same without waiting. False: somebody is at work on it. */
bool store_try_lock(struct store *store, const char *id);

/*
 * For who has the lock of ID: those of all other containers as well, for a moment. False: somebody is at work on one of them,
 * and nothing was taken.
 */
bool store_try_lock_rest(const struct store *store);
void store_unlock_rest(const struct store *store, const char *id);

/*
 * A container that starts has a mark, and one that is removed: what a killed hook or a failed start leaves behind is
 * found by it (collect_pending) without a look at all containers. Need the lock.
 */
void store_mark(const struct store *store, const char *id);
void store_unmark(const struct store *store, const char *id);

/* The device number of the masters' tmpfs that we see; 0: not to be told. */
uint64_t store_masters(const struct store *store);

/* Opens the master of ID, O_PATH, under what may be mounted on it or not: *RET_ATTACHED tells whether there
 * is. CREATE: make it. */
int store_master(const struct store *store, const char *id, bool create, int *ret_fd, bool *ret_attached,
	struct err *err);

/*
 * Removes all that is there for ID: mounts on its master, also in use; the master, whatever a container with
 * the right to remount has put in it; the record. Needs the lock. Absent is no error.
 */
int store_remove(const struct store *store, const char *id, struct err *err);

/* For who has found no record of ID: is there nothing else of it either, but a mark, or a record's file that is none? */
bool store_has_nothing(const struct store *store, const char *id);
