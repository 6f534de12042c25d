/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers that a word may mean, by the index of the last whole list (lib/index.h). */
#pragma once

struct index;
struct known_list;
struct sources;
struct store;

/*
 * Fills KNOWN, which is empty, with those of root's that WORD may mean, an id, a name or a prefix: as they are now. *RET_INDEX
 * and *RET_RECORDS are the caller's to close, in any case, and for candidates_renew. -ENOENT: there is no index that holds, or too
 * many are meant; what KNOWN has then, also of places and absences, is of no use.
 */
int candidates_collect(const struct store *store, const char *word, struct index *ret_index,
	struct sources *ret_records, struct known_list *known);

/* Notes what has changed since, when machines and users have been looked for. */
void candidates_renew(const struct store *store, const struct index *index, const struct sources *records,
	const struct known_list *known);

/* Notes the whole list KNOWN, which was read from SOURCES. */
void candidates_note(const struct store *store, struct known_list *known, const struct sources *sources);
