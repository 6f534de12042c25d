/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers that a word may mean, by the index of the last whole list (lib/index.h). */
#pragma once

#include <stdbool.h>

struct known_list;
struct sources;
struct store;

/*
 * Fills KNOWN, which is empty, with those of root's that WORD may mean, an id, a name or a prefix: as they are now. -ENOENT: there
 * is no index that holds, or too many are meant. NOTE: what has changed since may be noted.
 */
int candidates_collect(const struct store *store, const char *word, bool note, struct known_list *known);

/* Notes the whole list KNOWN, which was read from SOURCES. */
void candidates_note(const struct store *store, struct known_list *known, const struct sources *sources);
