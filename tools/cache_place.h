/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The directories of the pack cache: which are locked by those who use them, and go when their time has come. */
#pragma once

#include "hash.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

struct cache {
	int fd;     /* the directory of all */
	int index;  /* index/ */
	char *path; /* without symbolic links */
};

#define CACHE_NONE ((struct cache){.fd = -1, .index = -1})

/* Opens the cache at DIRECTORY, and makes it if it is not there. -EPERM: others could write to it. */
int cache_open(const char *directory, struct cache *ret, struct err *err);
void cache_close(struct cache *cache);
#define cleanup_cache __attribute__((cleanup(cache_close)))

/*
 * Opens the directory NAME of the cache and locks it, HOW as flock(2) has it, without waiting. Returns a descriptor, or
 * -errno: -EWOULDBLOCK: others have locked it; -ENOENT also where it was removed before the lock was had.
 */
int cache_lock(const struct cache *cache, const char *name, int how);

/* Opens the tree TREE, holds it, and notes that it is used now. Returns a descriptor; -ENOENT: it is not there. */
int cache_hold(const struct cache *cache, const char *tree);

/* A directory in the cache that a tree is built in. */
struct cache_work {
	int fd; /* holds it */
	char name[32];
};

#define CACHE_WORK_NONE ((struct cache_work){.fd = -1})

int cache_work_begin(const struct cache *cache, struct cache_work *ret, struct err *err);
/* Removes it with all that is in it. */
void cache_work_end(const struct cache *cache, struct cache_work *work);

/*
 * The tree NAME in WORK takes its place as TREE, and is held. If another has taken it before, that one is.
 * Returns a descriptor.
 */
int cache_place(const struct cache *cache, const struct cache_work *work, const char *name, const char *tree,
	struct err *err);
