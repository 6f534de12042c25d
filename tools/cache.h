/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pack cache: trees of one tool each, with all that it needs, kept for the next time. Below its directory, 0700:
 * HEX, a tree, by the SHA-256 of its manifest; index/, what is known of each (cache_index.h); and what a build works in.
 */
#pragma once

#include <stdint.h>

struct err;

#define CACHE_DIRECTORY "/var/cache/oci-crashcart"
#define CACHE_SIZE ((uint64_t)1 << 30)

struct cache_pack {
	const char *directory; /* of the cache; made if it is not there, the directory above it has to be */
	uint64_t size;         /* bytes that trees may take; who was used last stays */
	const char *name;      /* of a program, or its path */
	const char *path;      /* where names without a "/" are looked for first */
	const char *recipes;   /* the directories of recipes, separated by ":" */
	int cancel;            /* as in run.h */
	void (*note)(const char *text); /* as in build.h; may be null */
};

/* Where the program of PACK is, without symbolic links; the caller's to free. -ENOENT: there is none. */
int cache_locate(const struct cache_pack *pack, char **ret_program, struct err *err);

/*
 * The path of a tree that has bin/BASE, BASE being the last component of PACK's name: one that was kept, if nothing that
 * it was made from has changed, else a new one. PROGRAM: of cache_locate. *RET_TREE: absolute, the caller's to free. It
 * stays while somebody holds a shared flock(2) on it, and else until others need its room: who opens it, locks it, and
 * then sees that it still has a link, has it. -ECANCELED; others as build_tree.
 */
int cache_tree(const struct cache_pack *pack, const char *program, char **ret_tree, struct err *err);
