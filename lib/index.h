/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which containers a word could mean: a note of what the whole list told, in <state>/index. It says where to look, and no
 * more: what it names is read anew. It counts only while all that the list was made of is as it was (sources.h).
 */
#pragma once

#include "collect.h"
#include "sources.h"

struct index {
	const char *text; /* mapped; null: none */
	size_t size;
};

#define INDEX_NONE ((struct index){0})

/* PLACES: where the engines have their files now. -ESTALE: there is none that still holds. */
int index_open(
	const struct store *store, const struct engine_places *places, struct index *ret, struct err *err);
void index_close(struct index *index);
#define cleanup_index __attribute__((cleanup(index_close)))

/*
 * Calls FUNCTION for the id of each container that may be meant by WORD, once or more often: those whose name it is, or the last
 * part of, or whose id begins so. Until one call is false. False: one was, or the file is broken.
 */
bool index_each(const struct index *index, const char *word, bool (*function)(const char *id, void *context),
	void *context);

/* Notes KNOWN, of which SOURCES are sure, and all of them. What cannot be written is left. */
void index_write(const struct store *store, const struct known_list *known, const struct sources *sources,
	const struct engine_places *places);
