/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools image: a tree sealed into one file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct err;

struct image {
	const char *tree;   /* a tree of dbg-tools */
	const char *output; /* the file; the directory that it is in has to be there */
	const char
		*type; /* "erofs", "squashfs", "ext4"; null: what OUTPUT ends in says, else the first of these
			       that can be made here */
	bool force;    /* replace a file that is there */
	int cancel;    /* as in run.h */
};

struct image_result {
	const char *type; /* a constant */
	uint64_t size;    /* in bytes */
	bool verity;      /* sealed by fs-verity: the kernel refuses to read what has been changed */
};

/* True if TYPE is one of those. */
bool image_is_type(const char *type);

/*
 * On failure there is nothing at OUTPUT that was not there before, and nothing beside it. Equal trees give equal bytes, by
 * one version of the program that makes them. ERR begins with the name of what it is about. -ENOTDIR: no tree; -EEXIST;
 * -ENOENT: a program is missing; -ECANCELED: the user stopped it. Sets variables of the environment, for the programs
 * that it runs. Needs no privilege but to write the output.
 */
int image_make(const struct image *image, struct image_result *ret, struct err *err);
