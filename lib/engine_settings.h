/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Engines' configuration files, in TOML: podman's containers.conf, CRI-O's crio.conf, containerd's config.toml. Pure. It
 * reads what we look for there, the texts of single keys and of arrays, and passes over all else.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

/* One value. Texts are valid during the call alone. */
struct engine_setting {
	const char *table; /* as it is written between the brackets; empty: before the first */
	const char *key;
	const char *text; /* of a string, without its quotes; else as it is written: true, 42 */
	size_t index;     /* in an array; 0 for a single value */
	bool is_listed;   /* it is in an array */
	bool is_string;
};

/*
 * Calls SEE for each value of the LENGTH bytes of TEXT, in their order. An empty array is one value with an empty text
 * and index 0. What is longer than ENGINE_SETTINGS_WORD_LIMIT, or has an escape other than of a quote or a backslash, is
 * passed over. False: it is no TOML as far as was read, *RET_LINE tells where; what was seen so far was seen.
 */
bool engine_settings_each(const char *text, size_t length,
	void (*see)(const struct engine_setting *value, void *context), void *context, size_t *ret_line);
