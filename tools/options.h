/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of dbg-tools. */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stddef.h>

#define DEFAULT_TREE "/var/lib/oci-crashcart/tools"
/* Where recipes and presets are; OCI_CRASHCART_RECIPES in the environment takes their place. */
#define RECIPES SYSCONFDIR "/oci-crashcart/tools.d:" DATADIR "/oci-crashcart/tools.d"

enum { EXIT_USAGE = 2 };

/* Options that not every verb takes, as bits. */
enum option_bit {
	OPTION_OUTPUT = 1 << 0,
	OPTION_FORCE = 1 << 1,
	OPTION_FROM_ROOT = 1 << 2,
	OPTION_PACKAGE = 1 << 3,
	OPTION_PRESET = 1 << 4,
	OPTION_JSON = 1 << 5,
	OPTION_TYPE = 1 << 6,
	OPTION_CACHE = 1 << 7,
	OPTION_SIZE = 1 << 8,
	OPTION_DRY_RUN = 1 << 9,
};

/* Starts as {0}. Texts are argv's, but for the lists' own. */
struct options {
	const char *verb;         /* null: none was given */
	const char *const *words; /* what comes after it */
	size_t count;
	unsigned int given; /* which of the options above were */
	const char *output, *from_root, *type, *cache, *size;
	struct names packages, presets;
	bool force, json, dry_run, quiet, verbose;
};

/* Returns -1 to go on, or the exit status: help was shown, or something is wrong and was said. */
int options_read(int argc, char **argv, struct options *ret);
void options_free(struct options *options);
#define cleanup_options __attribute__((cleanup(options_free)))

/* -1 if what was given goes with a verb that takes the options TAKES, and LEAST to MOST words (NEEDED says which); else the
 * exit status, after a message. */
int options_check(
	const struct options *options, unsigned int takes, size_t least, size_t most, const char *needed);

/* Points to the help. Returns EXIT_USAGE. */
int usage_error(void);
