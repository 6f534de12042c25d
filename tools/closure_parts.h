/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files closure*.c share. */
#pragma once

#include "closure.h"

/* Takes *OBJECT over. PLACE: "DIRECTORY/NAME" below the tree. */
int closure_add_object(struct objects *objects, struct object **object, const char *directory,
	const char *name, struct err *err);
int closure_add_link(struct closure *closure, const char *name, const char *target, struct err *err);
const struct link *closure_find_link(const struct closure *closure, const char *directory, const char *name);

/* The file PATH is to be NAME: right if it is HAVE already, an error if it is another. */
int closure_check_same(const struct closure *closure, const struct object *have, const char *path,
	const char *name, const char *for_whom, struct err *err);

/* The executable at PATH as the tool NAME, with what it needs. RECIPE: may be null. */
int closure_add_program(struct closure *closure, const char *path, const char *name,
	const struct recipe *recipe, struct err *err);

/* Where the executable WORD is, absolute. -ENOENT: nowhere; ERR is not set. */
int closure_find_program(const struct closure *closure, const char *word, char **ret_path, struct err *err);

/* Notes that WORD is nowhere. */
int closure_add_missing(struct closure *closure, const char *word, struct err *err);

/* closure_library.c: what OBJECT needs, and what that needs. */
int closure_add_needed(struct closure *closure, const struct object *object, struct err *err);
/* The library NEEDED for OBJECT, and what that needs. -ENOENT, where it is OPTIONAL and nowhere: ERR is not set. */
int closure_add_library(struct closure *closure, const struct object *object, const char *needed,
	bool optional, struct err *err);
int closure_check_loader(struct closure *closure, const struct object *object, struct err *err);

/* closure_script.c: brings the interpreter of a script, and turns its first line to that. */
int closure_adapt_script(struct closure *closure, struct object *script, struct err *err);

/*
 * closure_recipe.c: the recipe for WORD with all that it brings; *RET_FOUND: there is one. WORD: as closure_add has it.
 */
int closure_add_recipe(
	struct closure *closure, const char *word, bool optional, bool *ret_found, struct err *err);

/* closure_data.c: the recipe's files. */
int closure_add_data(struct closure *closure, const struct recipe *recipe, struct err *err);
