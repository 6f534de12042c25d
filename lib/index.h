/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which containers a word could mean: a note of what the whole list told, in <state>/index. It says where to look, and no
 * more: what it names is read anew. It counts only while all that the list was made of is as it was (sources.h). Records may
 * change, where the state directory is a tmpfs: each is written as a new file, whose inode has a number that no other had.
 */
#pragma once

#include "collect.h"
#include "sources.h"

struct index {
	const char *text; /* mapped; null: none */
	size_t size;
	bool behind; /* records have changed, and nothing else */
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

/*
 * Calls FUNCTION for the id of each record that has changed since, or is new, with the inode of its file: their names are not
 * known. Where the index is not behind there are none. Until one call is false. False: one was, or they cannot be read.
 */
bool index_each_newer(const struct index *index, const struct store *store,
	bool (*function)(const char *id, uint64_t inode, void *context), void *context);

/* Adds to SOURCES, which has begun, the directory of records, before index_each_newer. */
void index_add_records(const struct index *index, struct sources *sources);

/* Notes KNOWN, of which SOURCES are sure, and all of them. What cannot be written is left. */
void index_write(const struct store *store, const struct known_list *known, const struct sources *sources,
	const struct engine_places *places);

/* The same of an index that was behind: what it has, and those of NEWER that have an inode. SOURCES: the directory of records. */
void index_renew(const struct index *index, const struct store *store, const struct known_list *newer,
	const struct sources *sources, const struct engine_places *places);
