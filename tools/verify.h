/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools verify: whether a tree is what its manifest says, points nowhere else, and works where there is nothing else. */
#pragma once

#include "manifest_read.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

/* Beyond it, problems are counted, and not kept. */
enum { VERIFY_PROBLEM_LIMIT = 10000 };

/* Something in the tree that is not as it should be. */
struct verify_problem {
	char *path; /* below the tree */
	char *text;
};

struct verify_problems {
	struct verify_problem *item;
	size_t count; /* of ITEM */
	size_t found; /* with those that are not kept */
};

enum verify_state { VERIFY_OK, VERIFY_FAILED, VERIFY_NOT_RUN };

struct verify_tool {
	const struct manifest_object *object; /* of the manifest */
	enum verify_state state;
	char *reason; /* where it is not VERIFY_OK */
};

struct verify {
	const char *tree; /* a directory */
	const char *const *names;
	size_t count;                   /* of names; 0: all tools */
	int cancel;                     /* as in run.h */
	void (*note)(const char *text); /* a line for each test; may be null */
};

/* Starts as {0}; freed by verify_free. */
struct verify_result {
	struct manifest manifest;
	struct verify_problems problems;
	struct verify_tool *tools;
	size_t tool_count;
	size_t failed;    /* of the tools */
	char *no_sandbox; /* why no tool could be run; or null */
};

/*
 * Looks at all files, and runs the tests of the tools that are named. What is wrong with the tree is no error, but in
 * *RET. Errors: the tree or its manifest cannot be read, a name is no tool of it (-ENOENT), -ECANCELED, -ENOMEM.
 */
int verify_tree(const struct verify *verify, struct verify_result *ret, struct err *err);
void verify_free(struct verify_result *result);
#define cleanup_verify __attribute__((cleanup(verify_free)))

/* The parts of it, each in a file of its own. */

/* verify_files.c: each file is what the manifest says, and the manifest knows each file. Calls the next for each. */
int verify_files(int tree, int cancel, const struct manifest *manifest, struct verify_problems *problems,
	struct err *err);

/* verify_outside.c: what the file at FD, an ELF file or a script of MODE, or the symbolic link PATH, needs of outside. */
int verify_outside(int tree, int fd, const char *path, mode_t mode, const struct manifest *manifest,
	struct verify_problems *problems, struct err *err);
int verify_link(int tree, const char *path, struct verify_problems *problems, struct err *err);

struct sandbox;

/* verify_tools.c: runs the tests of TOOL, or a test of ours if it has none. Errors are those of sandbox_run. */
int verify_tool(const struct sandbox *sandbox, const struct manifest *manifest, struct verify_tool *tool,
	void (*note)(const char *text), struct err *err);

/* Adds a problem; returns 0, or -ENOMEM with ERR set. */
int verify_add(struct verify_problems *problems, struct err *err, const char *path, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
