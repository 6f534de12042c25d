/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a container shares namespaces with: the others of its pod, or whose it was told to join. */
#pragma once

#include "collect.h"

struct context;
struct json_writer;
struct target;

struct share {
	const struct known *container; /* of the known list; borrowed */
	unsigned int namespaces;       /* CLONE_NEW* */
};

struct shares {
	struct known_list known;
	struct share *list;
	size_t count;
	unsigned int caller; /* namespaces that are the caller's own: those are not told of others */
};

#define SHARES_NONE ((struct shares){.list = NULL})

/* Of the process TARGET, of container ID, with all other containers that run. What cannot be found out is left out. */
void shares_find(
	const struct context *context, const struct target *target, const char *id, struct shares *ret);
void shares_free(struct shares *shares);
#define cleanup_shares __attribute__((cleanup(shares_free)))

/* A line for each, "shares:" and blanks up to WIDTH in front; or the array "shares". */
void shares_print(const struct shares *shares, int width);
void shares_write(struct json_writer *writer, const struct shares *shares);
