/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the index is written: for index.c and index_write.c. One machine's, until it is started anew. */
#pragma once

#include "engine_conf.h"
#include "sources.h"

#include <stdint.h>

#define INDEX_NAME "index"
#define INDEX_MAGIC "crashcart index"

/* Then ENTRIES, sorted by their words; SOURCES; and texts, each with a NUL behind. Places in the file are in bytes. */
struct index_head {
	char magic[16];
	uint32_t entries, sources,
		places; /* PLACES: where the first text of the engines' places is; the last is empty */
	uint32_t reserved;
};

/* WORD is the same as ID where it is the id itself. */
struct index_entry {
	uint32_t word, id;
};

struct index_source {
	struct source source; /* its path is not used */
	uint64_t path;
};

static inline char index_kind(enum engine_place_kind kind)
{
	return (char)('a' + (int)kind);
}
