/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that a tree has, when all are in it: hashed, linked where they are equal, and sorted. */
#pragma once

#include "hash.h"

#include <stddef.h>
#include <sys/types.h>

struct err;
struct tree;

struct tree_file {
	char *path; /* below the tree */
	off_t size;
	mode_t mode; /* permissions alone */
	char hash[HASH_TEXT];
};

/* Starts as {0}. */
struct tree_files {
	struct tree_file *item;
	size_t count;
};

/*
 * Reads all regular files of TREE, makes those with equal content and mode one file with several names, gives all
 * directories time 0. RET: sorted by path; the caller's, freed by tree_files_free. CANCEL: as in run.h.
 */
int tree_files_collect(struct tree *tree, int cancel, struct tree_files *ret, struct err *err);
void tree_files_free(struct tree_files *files);
#define cleanup_tree_files __attribute__((cleanup(tree_files_free)))
