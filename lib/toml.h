/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of TOML as it takes to find a path in an engine's configuration file: `key = "value"` below `[section]`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A reader of a text, and the value it has come to. */
struct toml {
	const char *rest, *end;
	const char *closing; /* of a string of several lines that is being passed over; null: none */
	char section[256];   /* as written between the brackets; "?" where it does not fit */
	char key[64], value[4096];
};

/* Begins with the LENGTH bytes of TEXT, which stay the caller's. */
void toml_begin(struct toml *toml, const char *text, size_t length);

/*
 * The next value that is a string of one line, with KEY, VALUE and SECTION filled in; false: there is none any more.
 * Other values are passed over, and so is what does not fit, or has an escape other than of a quote or a backslash.
 */
bool toml_next(struct toml *toml);
