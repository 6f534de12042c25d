/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which containers a word could mean: a note of what the whole list told, in <state>/index. It says where to look, and no
 * more: what it names is read anew. It counts only while all that the list was made of is as it was (sources.h), and that the
 * engines' places were read from. Records may
 * change, where the state directory is a tmpfs: each is written as a new file, whose inode has a number that no other had.
 * What there was nothing of (struct absence) counts for itself.
 */
#pragma once

#include "collect.h"
#include "sources.h"

/* What may be absent, users, and machines that are registered. */
enum { INDEX_ABSENCES = 2 };

struct index {
	const char *text; /* null: none */
	size_t size;
	bool is_mapped;                 /* else it is on the heap */
	bool behind;                    /* records have changed, and nothing else */
	bool is_absent[INDEX_ABSENCES]; /* there is still none */
};

#define INDEX_NONE ((struct index){0})

/* -ESTALE: there is none that still holds. */
int index_open(const struct store *store, struct index *ret, struct err *err);
void index_close(struct index *index);
#define cleanup_index __attribute__((cleanup(index_close)))

/*
 * Where the engines have their files, as of the index's basis. *RET: empty; the caller's. *RET_RUNNING: running daemons were looked
 * at. False: the file is broken.
 */
bool index_places(const struct index *index, struct engine_places *ret, bool *ret_running);

/*
 * How many containers with this id were there? *RET_RECORDED: one of them had a record; *RET_NAME: what one was called, null: it had
 * no name.
 */
size_t index_count(const struct index *index, const char *id, bool *ret_recorded, const char **ret_name);

/*
 * Calls FUNCTION for the id of each container that may be meant by WORD, once or more often: those whose name it is, or the last
 * part of, or whose id begins so. Until one call is false. False: one was, or the file is broken.
 */
bool index_each(const struct index *index, const char *word, bool (*function)(const char *id, void *context),
	void *context);

/*
 * Calls FUNCTION for the id of each record that has changed since, or is new, with the inode of its file: their names are not
 * known. Where the index is not behind there are none. Until one call is false. False: one was, or they cannot be read, or one was
 * written anew meanwhile, which may have been missed.
 */
bool index_each_newer(const struct index *index, const struct store *store,
	bool (*function)(const char *id, uint64_t inode, void *context), void *context);

/* Adds to SOURCES, which has begun, the directory of records, before index_each_newer. */
void index_add_records(const struct index *index, struct sources *sources);

/* What an index depends on. */
struct index_basis {
	const struct sources *list;          /* what containers were read from, all of them */
	const struct sources *configuration; /* what PLACES were read from; null: nothing is sure */
	const struct engine_places *places;
	bool running;                                   /* and running daemons */
	const struct absence *absences[INDEX_ABSENCES]; /* those that are not sure are left out */
};

/* Notes KNOWN. Where one of the sources of BASIS is not sure, nothing is. What cannot be written is left. */
void index_write(const struct store *store, const struct known_list *known, const struct index_basis *basis);

/*
 * The same with what INDEX has, those of NEWER that have an inode, and absences that do not hold any more as of BASIS. Its list, where
 * the index was behind: the directory of records, and what the names of newer ones were read from. No more of it is used.
 */
void index_renew(const struct index *index, const struct store *store, const struct known_list *newer,
	const struct index_basis *basis);
