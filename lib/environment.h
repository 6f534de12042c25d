/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command's environment, put together from several sources. Of the caller's own it reads nothing. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

struct environment {
	char **list; /* "NAME=VALUE" each, ended by null; null: empty. All are ours */
	size_t count;
};

void environment_free(struct environment *environment);
#define cleanup_environment __attribute__((cleanup(environment_free)))

/* NAME gets VALUE, whatever it had. -E2BIG, -ENOMEM. */
int environment_set(struct environment *environment, const char *name, const char *value, struct err *err);

/* The value of NAME, or null. */
const char *environment_get(const struct environment *environment, const char *name);

/*
 * True if a variable of a container's may be taken over: its NAME is of letters, digits and "_", and nothing that is run
 * with it finds code, modules or start-up files by it, or takes our own variables (PATH, HOME, TERM) from it.
 */
bool environment_is_harmless(const char *name);

/*
 * Adds what is harmless of the LENGTH bytes of TEXT, as in /proc/PID/environ. *RET_PATH: its PATH, in TEXT, or null. TEXT
 * has a NUL behind it. -E2BIG, -ENOMEM.
 */
int environment_add_container(struct environment *environment, const char *text, size_t length,
	const char **ret_path, struct err *err);
