/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a tree is to hold, as plain data: nothing is written here. */
#pragma once

#include "hash.h"
#include "names.h"
#include "object.h"
#include "root.h"
#include "search.h"

#include <stdbool.h>
#include <stddef.h>

struct elf_arch;
struct err;
struct packages;
struct recipe;

enum { CLOSURE_OBJECT_LIMIT = 4096, CLOSURE_FILE_LIMIT = 65536, CLOSURE_RECIPE_LIMIT = 1024 };
enum { CLOSURE_LINK_LIMIT = 1 << 14 };
enum { CLOSURE_WALK_LIMIT = 1 << 18 }; /* files and directories that are looked at, in all */

struct link {
	char *name; /* below the tree: "bin/sh" */
	char *target;
};

struct links {
	struct link *item;
	size_t count;
};

/* A file that is copied as it is. */
struct file {
	char *place;             /* in the tree */
	const struct root *root; /* that SOURCE is in */
	char *source;            /* without symbolic links */
	struct stat stat;
	char hash[HASH_TEXT];
};

struct files {
	struct file *item;
	size_t count;
};

struct known_recipe {
	struct recipe *recipe;
	bool used; /* what it needs and its files are there already */
};

/* What is asked for and where it is taken from; set by the caller, who keeps it. */
struct closure_sources {
	const struct root *root; /* of the tools */
	const struct root *host; /* of what recipes bring themselves */
	const char *path;        /* where names are looked for first; null: in the usual places alone */
	const char *recipes;     /* directories, separated by ":" */
	int cancel;              /* as in run.h */
};

/* Starts with its sources alone; freed by closure_free. */
struct closure {
	struct closure_sources sources;
	const struct elf_arch *arch; /* null: no tool yet */
	char *loader;                /* the name in lib/; null: all tools are static */
	bool musl;
	bool shim;                /* some tool needs shim.h */
	bool wants_sh;            /* some script does */
	struct objects tools;     /* what is called by its name: bin/ */
	struct objects libraries; /* lib/, with the loader */
	struct objects plugins;   /* shared objects and programs elsewhere */
	struct files files;       /* data */
	size_t walked;
	struct links links;
	struct names missing;         /* tools that are nowhere */
	struct known_recipe *recipes; /* all that there are, once one was asked for */
	size_t recipe_count;
	struct search search;
};

/*
 * Adds the tool WORD, and all that it needs: by a recipe of that name, by one that has a program of that name, or just the
 * executable. A WORD with a "/" is the path of the executable. The same twice is added once. Errors name the executable,
 * or the library and who needs it; what is found nowhere comes to missing, unless OPTIONAL.
 */
int closure_add(struct closure *closure, const char *word, bool optional, struct err *err);

/* The executables of a package, with the recipe of its name if there is one. */
int closure_add_package(
	struct closure *closure, struct packages *packages, const char *name, struct err *err);

/*
 * To be called when all tools are there: adds what a closure cannot see (libraries that glibc
 * itself opens, where the host has them), the applets of busybox and "sh", none of which shadows a tool; then sorts.
 */
int closure_finish(struct closure *closure, struct err *err);

/* Who packed each tool and library; null where nobody did. */
int closure_name_packages(struct closure *closure, struct packages *packages, struct err *err);

/* One hash of all that the tree will be made from: what is there, where it goes and how it is changed. */
int closure_hash(const struct closure *closure, char ret[HASH_TEXT], struct err *err);

const struct object *closure_tool(const struct closure *closure, const char *name); /* null: none */
void closure_free(struct closure *closure);
#define cleanup_closure __attribute__((cleanup(closure_free)))
