/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools build: from names to a tree on disk. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

struct build {
	const char *output;
	bool make_parents; /* of output */
	bool force;        /* replace a tree that is there */
	const char *const *names;
	size_t count;
	const char *path;               /* where names without a "/" are looked for first */
	int cancel;                     /* as in run.h */
	void (*note)(const char *text); /* a line of progress each; may be null */
};

struct build_result {
	size_t tools, libraries, links;
	char *leftover; /* an old tree beside the new one that could not be removed, or null; the
			   caller's to free */
};

/*
 * On failure there is nothing at OUTPUT that was not there before, and nothing beside it. ERR
 * begins with the name of what it is about. -ECANCELED: the user stopped it. Needs no privilege but
 * to write the output.
 */
int build_tree(const struct build *build, struct build_result *ret, struct err *err);
