/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tree is to hold, as plain data: nothing is written here. */
#pragma once

#include "object.h"
#include "search.h"

#include <stdbool.h>
#include <stddef.h>

struct elf_arch;
struct err;
struct names;

enum { CLOSURE_LIBRARY_LIMIT = 1024, CLOSURE_TOOL_LIMIT = 4096 };

struct link {
	char *name; /* below the tree: "bin/sh" */
	char *target;
};

struct links {
	struct link *item;
	size_t count;
};

/* Starts as {0}; freed by closure_free. */
struct closure {
	const struct elf_arch *arch; /* null: no tool yet */
	char *loader;                /* the name in lib/; null: all tools are static */
	bool musl;
	bool shim; /* some tool needs shim.h */
	struct objects tools;
	struct objects libraries; /* with the loader */
	struct links links;
	struct search search;
};

/*
 * Adds the executable NAME (a path if it has a "/", else looked for in the directories of PATH),
 * and all that it needs. The same name twice is added once. Errors name the executable, or the
 * library and who needs it.
 */
int closure_add_tool(struct closure *closure, const char *name, const char *path, struct err *err);

/*
 * To be called when all tools are there: adds what a closure cannot see (libraries that glibc
 * itself opens, where the host has them), the applets (names that busybox serves, may be empty) and
 * "sh", none of which shadows a tool; then sorts.
 */
int closure_finish(struct closure *closure, const struct names *applets, struct err *err);

const struct object *closure_tool(const struct closure *closure, const char *name); /* null: none */
void closure_free(struct closure *closure);
#define cleanup_closure __attribute__((cleanup(closure_free)))
