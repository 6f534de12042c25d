/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the index is written: for index.c and index_write.c. One machine's, until it is started anew. */
#pragma once

#include "engine_conf.h"
#include "index.h"
#include "sources.h"

#include <stdint.h>

#define INDEX_NAME "index"
#define INDEX_MAGIC "crashcart notes"

/* Then ENTRIES, sorted by their words; SOURCES; and texts, each with a NUL behind. Places in the file are in bytes. */
struct index_head {
	_Alignas(uint64_t) char magic[16];
	uint32_t entries,
		sources; /* SOURCES: all of them; the first are those of each of ABSENCES, so many */
	uint32_t absences[INDEX_ABSENCES];
	uint32_t running; /* 1: running daemons were looked at */
	uint32_t places;  /* where the first text of the engines' places is; the last is empty */
	uint32_t
		records; /* 1: the source behind those is the directory of records, and inodes tell which have changed */
};

/* WORD is the same as ID where it is the id itself; INODE is then of its record. */
struct index_entry {
	uint32_t word, id;
	uint32_t name, unused; /* NAME: the container's, where WORD is the id; 0: none */
	uint64_t inode;
};

struct index_source {
	struct source source; /* its path is not used */
	uint64_t path;
};

static inline char index_kind(enum engine_place_kind kind)
{
	return (char)('a' + (int)kind);
}

static inline enum engine_place_kind index_place_kind(char kind)
{
	return (enum engine_place_kind)(kind - 'a');
}

static inline const struct index_head *index_head_of(const struct index *index)
{
	return (const struct index_head *)index->text;
}

static inline const struct index_entry *index_entries(const struct index *index)
{
	return (const struct index_entry *)(index->text + sizeof(struct index_head));
}

static inline const struct index_source *index_sources(const struct index *index)
{
	return (const struct index_source *)(index_entries(index) + index_head_of(index)->entries);
}

/* The first that all depends on. */
static inline uint64_t index_first_source(const struct index *index)
{
	uint64_t first = 0;

	for (int i = 0; i < INDEX_ABSENCES; i++)
		first += index_head_of(index)->absences[i];
	return first;
}

/* All texts lie behind the tables, and end before the file does. Null: there is none. */
static inline const char *index_text(const struct index *index, uint64_t place)
{
	return place < index->size ? index->text + place : NULL;
}

/* Null: it has none. */
static inline const char *index_name(const struct index *index, const struct index_entry *entry)
{
	return entry->name ? index_text(index, entry->name) : NULL;
}
