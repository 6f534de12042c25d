/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recipes, tools.d/NAME.conf: what a tool needs and its ELF files do not say. `key = value` lines, see dbg-tools.conf(5).
 * A recipe is plain data; nothing is looked for or run here.
 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

enum { RECIPE_SIZE_LIMIT = 64 << 10, RECIPE_ENTRY_LIMIT = 512 };

/* A program that the recipe packs, or a recipe or program that it needs, or a library: a plain name. "NAME?" in the file:
 * optional. What a preset lists may be an absolute path as well. */
struct recipe_name {
	char *name;
	bool optional; /* passed by where it is not there */
};

/* Files: SOURCE is absolute in the root file system and may hold wildcards and $MULTIARCH, or is relative to the recipe's
 * own directory. TARGET is below the tree; with a "/" at its end, it is the directory that SOURCE's last component goes
 * into; "" is the tree itself ("." in the file). */
struct recipe_data {
	char *source;
	char *target;
	bool optional;
};

/* A text within the file FILE ("lib/libcurl.so.4") of the tree that is overwritten in place, wherever it stands as a whole
 * path or as the beginning of one. "bin/NAME" is the program itself, also where a launcher has that place. TO is a path
 * below the tree, an absolute path, or "" for nothing at all: then FROM, a whole string, becomes the empty one. TO is not
 * longer than FROM, with the tree's own path before it. A FILE or FROM that is not there is passed by: another
 * distribution's. */
struct recipe_replace {
	char *file;
	char *from;
	char *to;
};

struct recipe_link {
	char *name;   /* below the tree */
	char *target; /* what the symbolic link says: relative, and it does not leave the tree */
};

/* A run of one of the recipe's programs that has to end with status 0, and to print OUTPUT somewhere (null: whatever). */
struct recipe_test {
	char *program;
	struct names arguments;
	char *output;
};

/* A list of one of the kinds above. */
struct recipe {
	char *name;      /* without ".conf" */
	char *directory; /* that the file was found in, on the host; null: it was not read from one */
	struct recipe_name *programs, *needs, *libraries;
	size_t program_count, need_count, library_count;
	struct recipe_data *data;
	size_t data_count;
	struct names
		excludes; /* wildcards against a path below a data directory, or against its last component */
	struct recipe_replace *replaces;
	size_t replace_count;
	struct recipe_link *links;
	size_t link_count;
	struct names arguments,
		environment; /* of a wrapper around each program: put before the user's; NAME=VALUE */
	bool launcher;       /* a wrapper also without those: the program needs its full path as argv[0] */
	struct recipe_test *tests;
	size_t test_count;
};

/*
 * Reads the recipe NAME from the first of DIRECTORIES (separated by ":", of the host) that has NAME.conf. NAME that is not
 * plain has none. *RET: the caller's, freed by recipe_free. -ENOENT: there is none, ERR is not set; -EINVAL: ERR names
 * file, line and what is wrong; -EPERM: the file or its directory could be another user's (path_check_trusted).
 */
int recipe_read(const char *directories, const char *name, struct recipe **ret, struct err *err);

/* The names of all recipes in DIRECTORIES, each once, sorted. *RET starts as {0} and is the caller's, also on an error. */
int recipe_list(const char *directories, struct names *ret, struct err *err);

/* Pure: from TEXT. FILE is for messages. */
int recipe_parse(const char *text, const char *file, const char *name, struct recipe **ret, struct err *err);
void recipe_free(struct recipe **place);
#define cleanup_recipe __attribute__((cleanup(recipe_free)))

/*
 * The names in the preset NAME, presets/NAME below the first of DIRECTORIES that has it: a name a line, `#` comments, "NAME?"
 * where the host may lack it, "@NAME" for what another preset lists. Each name once, in the order of the files; one that is
 * listed without "?" anywhere is not optional. *RET: the caller's to free by preset_free. -ENOENT: there is none, ERR says
 * which there are. -ELOOP: presets include each other. -EINVAL, -EPERM: as recipe_read.
 */
int preset_read(const char *directories, const char *name, struct recipe_name **ret, size_t *ret_count,
	struct err *err);
void preset_free(struct recipe_name *names, size_t count);
