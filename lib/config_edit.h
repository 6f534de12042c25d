/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adds our mount, and what it takes to keep it a slave, to the text of a config.json. Bytes are put in; all others stay as
 * they were, with numbers, escapes, blanks, order and keys that nobody knows. Pure.
 */
#pragma once

#include <stddef.h>

struct err;
struct json;

/* What a container's config.json gets. */
struct config_additions {
	const char *master; /* the mount's source, an absolute path of the host's */
	const char *hook;   /* the program of the poststop hook, an absolute path; null: none is added */
	const char *const *environment; /* for that program, beside a PATH; ended by null; may be null */
};

/*
 * *RET: the edited text, the caller's (free), RET_LENGTH bytes and a NUL; null where there was nothing to do: all is there
 * already, or something else is mounted at our place. -EINVAL: not a config.json that we understand. -E2BIG: a limit.
 * Edited anew, an edited text has nothing to do.
 */
int config_edit(const char *text, size_t length, const struct config_additions *additions, char **ret,
	size_t *ret_length, struct err *err);

/* The same for a caller who has parsed TEXT already: CONFIG is what json_parse made of it. */
int config_edit_parsed(const struct json *config, const char *text, size_t length,
	const struct config_additions *additions, char **ret, size_t *ret_length, struct err *err);
