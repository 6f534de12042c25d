/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools build: from names to a tree on disk. */
#pragma once

#include "recipe.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

/* What is reported while it goes on; both may be null. */
struct build_progress {
	void (*note)(const char *text); /* a line for each file */
	void (*step)(size_t done, size_t total, const char *name);
};

/* Which files of the root file system a tree is made from: paths without symbolic links. Starts as {0}, the caller's. */
struct build_sources {
	struct names programs; /* with libraries and plug-ins */
	struct names data;
};

struct build {
	const char *output;
	bool make_parents;     /* of output */
	bool force;            /* replace a tree that is there */
	const char *from_root; /* null: this host */
	const char *recipes;   /* directories, separated by ":" */
	const char *const *names;
	size_t count;
	const struct names *packages, *presets;
	const char *path; /* where names without a "/" are looked for first */
	int cancel;       /* as in run.h */
	struct build_progress progress;
	struct build_sources *sources; /* may be null */
};

struct build_result {
	bool unchanged; /* the tree was there, made from the same */
	size_t tools, libraries, files, links;
	char *leftover; /* an old tree beside the new one that could not be removed, or null; the
			   caller's to free */
};

/*
 * On failure there is nothing at OUTPUT that was not there before, and nothing beside it. ERR
 * begins with the name of what it is about. -ECANCELED: the user stopped it. Needs no privilege but
 * to write the output.
 */
int build_tree(const struct build *build, struct build_result *ret, struct err *err);
