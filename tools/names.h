/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing list of strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Starts as {0}; owns its strings. */
struct names {
	char **item;
	size_t count;
};

/* Appends a copy of the LENGTH bytes at TEXT, or of the whole TEXT. Return 0 or -ENOMEM. */
int names_add(struct names *names, const char *text);
int names_add_part(struct names *names, const char *text, size_t length);

bool names_has(const struct names *names, const char *text);
void names_free(struct names *names); /* leaves {0} */

#define cleanup_names __attribute__((cleanup(names_free)))

/*
 * True for a name that is one component of a path and nothing else: not empty, "." or "..", no "/",
 * at most 255 bytes. What a tree holds is named by such names only, so that nothing is written
 * outside of it.
 */
bool names_is_plain(const char *text);

/* The last component of PATH, within PATH. */
const char *names_base(const char *path);
