/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The index of the pack cache: which tree was made for a program, and what every file that it was made from was then.
 * A file is told by device, inode, size, mode, and times of modification and of change: to look again costs one stat,
 * and nothing is read. The time of change is the kernel's own, no program sets it back.
 */
#pragma once

#include "hash.h"

#include <stdbool.h>
#include <time.h>

struct err;
struct names;

/*
 * The tree of KEY: true if the index DIRFD has one that still holds, made by VERSION of dbg-tools. Whatever is wrong with
 * the entry means false.
 */
bool index_find(int dirfd, const char *key, const char *version, char ret_tree[HASH_TEXT]);

/*
 * Says that TREE serves KEY as long as none of PATHS (files, or directories for what is in them) changes; one that is not
 * there has to stay away. BEFORE: of index_now, when the work on the tree began. -EAGAIN: one has changed since, or in the
 * very tick of the clock: nothing is written.
 */
int index_put(int dirfd, const char *key, const char *version, const char *tree, const struct names *paths,
	struct timespec before, struct err *err);

/* The time, by the clock that files are stamped with. */
struct timespec index_now(void);

/* Removes the entries of trees that CACHE, the directory of the trees, does not have any more. */
void index_sweep(int dirfd, int cache);
