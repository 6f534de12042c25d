/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks of containers that their runtime has not made yet: there is a master, and no process that a record could name. The
 * mark in pending/ (store_mark) says then who is about to have the container made.
 */
#pragma once

#include "bounds.h"

#include "store.h"
#include "target.h"

/* Needs the lock of container ID. An earlier mark is overwritten. CREATOR null: not known. */
int pending_mark(const struct store *store, const char *id, const struct target *creator, struct err *err);

/* Is there such a mark for ID: was its master made for a container that has no record yet? */
bool pending_is_marked(const struct store *store, const char *id);

/* And may that container still come? */
bool pending_is_expected(const struct store *store, const char *id);

/* Pure: the text of a mark, both ways. */
struct pending {
	int64_t pid;                        /* of the creator; 0: not known */
	uint64_t start_time, pid_namespace; /* of the creator: as in a record */
	uint64_t since;                     /* seconds after boot */
};

void pending_format(const struct pending *pending, char ret[96]);
bool pending_parse(const char *text, struct pending *ret);
bool pending_is_over(const struct pending *pending, uint64_t now, bool creator_is_gone);
