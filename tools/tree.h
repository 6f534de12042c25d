/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree on disk while it is built: in a directory beside its final place, which it takes whole or never. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct err;
struct root;

/* Starts as TREE_NONE; freed by tree_discard, which removes what was not committed. */
struct tree {
	int parent;      /* the directory that holds both */
	int fd;          /* the tree under construction */
	char *path;      /* as given, for messages */
	char final[256]; /* names below parent */
	char partial[256];
	bool replace; /* there is a tree at the final place, and it is to go */
};

#define TREE_NONE ((struct tree){.parent = FD_NONE, .fd = FD_NONE})

/*
 * Looks at PATH and makes the directory for the work beside it. PATH is missing or an empty
 * directory; with FORCE also a directory with a manifest of ours. WITH_PARENTS: directories above
 * it are made, 0755. Errors: -EEXIST: something else is there; others as mkdir(2).
 */
int tree_begin(struct tree *tree, const char *path, bool force, bool with_parents, struct err *err);

/* Makes the directory NAME, 0755, and those above it; those that are there are right. */
int tree_make_directory(const struct tree *tree, const char *name, struct err *err);

/* What is copied: a file of ROOT, as it was when it was looked at. */
struct tree_source {
	const struct root *root;
	const char *path;
	const struct stat *stat;
};

/*
 * Copies the content of SOURCE to NAME, with MODE and no more: no set-id bit, no file capability, no owner but root (or the
 * caller, where that is not root). The directories above NAME are made. -ESTALE: the source is another file by now.
 */
int tree_copy(const struct tree *tree, const struct tree_source *source, const char *name, mode_t mode,
	struct err *err);

/* The same, with TEXT in place of the first LENGTH bytes. */
int tree_copy_from(const struct tree *tree, const struct tree_source *source, const char *text, size_t length,
	const char *name, mode_t mode, struct err *err);

/* Gives NAME the time of last change TIME: what was made from a file of the host's has that one's. */
int tree_set_time(const struct tree *tree, const char *name, const struct timespec *time, struct err *err);

int tree_link(const struct tree *tree, const char *target, const char *name, struct err *err);

/* A new file, of time 0. */
int tree_write(const struct tree *tree, const char *name, mode_t mode, const char *text, size_t length,
	struct err *err);

/*
 * Writes everything to disk, then renames. *RET_LEFTOVER: null, or the name of an old tree that was
 * replaced and could not be removed, the caller's to free. On success tree_discard has nothing to
 * remove.
 */
int tree_commit(struct tree *tree, char **ret_leftover, struct err *err);

void tree_discard(struct tree *tree); /* keeps errno; leaves TREE_NONE */
#define cleanup_tree __attribute__((cleanup(tree_discard)))

/* Removes NAME below DIRFD and all below it; follows no symbolic link, enters no other file system. */
int tree_remove(int dirfd, const char *name);

/* True if the directory NAME is a tree of ours, which may be removed. */
bool tree_may_go(int dirfd, const char *name);
