/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of an OCI runtime, `[FLAG...] VERB [FLAG...] ID`, as runc and crun read it, and youki: flags with one
 * dash or two, a value behind "=" or in the next word, letters in one word, flags behind the id. Pure.
 */
#pragma once

#include <stdbool.h>

struct options {
	bool makes_container; /* the verb is create, run or restore, and all the rest was understood */
	const char *verb;     /* null: none */
	const char *id;       /* of MAKES_CONTAINER; may be anything */
	const char *bundle;   /* null: not given, the working directory */
	const char *root;     /* where the runtime keeps its state; null: not given */
	const char *log;      /* null: not given */
	bool log_is_json;
	bool other_config; /* crun's --config: it is not the bundle's config.json that counts */
	char doubt
		[128]; /* a verb that makes a container, and why the rest was not understood; empty: it was */
};

/* ARGUMENTS: as of main, ended by null; *RET borrows from them. What stands before a doubt is in *RET, too. */
void options_parse(char *const *arguments, struct options *ret);
