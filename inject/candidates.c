/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "candidates.h"

#include "bounds.h"
#include "engine_places.h"
#include "err.h"
#include "index.h"
#include "runtimes.h"

#include <string.h>

struct candidates {
	const struct store *store;
	struct known_list *known;
	const char *ids[INDEX_CANDIDATES_LIMIT]; /* the index's */
	size_t count, newer;
};

/* Where the engines keep their files; null: also where only the look at all processes could tell. */
static const struct engine_places *find_places(struct known_list *known)
{
	struct engines *engines = known_engines(known);

	if (!engines || engine_places_has_shims(engines_root(engines)))
		return NULL;
	return engines_places(engines, false);
}

static bool is_there(const struct candidates *candidates, const char *id)
{
	for (size_t i = 0; i < candidates->count; i++)
		if (strcmp(candidates->ids[i], id) == 0)
			return true;
	return false;
}

static bool add_record(const struct candidates *candidates, const char *id)
{
	int rc = known_add_id(candidates->store, id, candidates->known, ERR_IGNORED);

	known_sort(candidates->known);
	return rc == 0 || record_is_none(rc);
}

static bool add(const char *id, void *context)
{
	struct candidates *candidates = context;

	if (is_there(candidates, id))
		return true;
	if (candidates->count == INDEX_CANDIDATES_LIMIT)
		return false;
	candidates->ids[candidates->count++] = id;
	if (!add_record(candidates, id))
		return false;
	runtimes_collect_id(candidates->known, id);
	return true;
}

/* Whatever its name is. What the runtimes have of it is as it was, and the index knows that. */
static bool add_newer(const char *id, uint64_t inode, void *context)
{
	struct candidates *candidates = context;
	struct known_list *known = candidates->known;

	if (!is_there(candidates, id) &&
		(++candidates->newer > INDEX_NEWER_LIMIT || !add_record(candidates, id)))
		return false;
	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->list[i].record.id, id) == 0 && !known->list[i].foreign)
			known->list[i].inode = inode;
	return true;
}

int candidates_collect(const struct store *store, const char *word, bool note, struct known_list *known)
{
	cleanup_index struct index index = INDEX_NONE;
	cleanup_sources struct sources sources = SOURCES_NONE;
	struct candidates candidates = {.store = store, .known = known};
	const struct engine_places *places = find_places(known);

	if (!places || index_open(store, places, &index, ERR_IGNORED) < 0)
		return -ENOENT;
	sources_begin(&sources);
	index_add_records(&index, &sources);
	if (!index_each(&index, word, add, &candidates) ||
		!index_each_newer(&index, store, add_newer, &candidates))
		return -ENOENT;
	if (index.behind && note)
		index_renew(&index, store, known, &sources, places);
	return 0;
}

void candidates_note(const struct store *store, struct known_list *known, const struct sources *sources)
{
	const struct engine_places *places = find_places(known);

	if (places)
		index_write(store, known, sources, places);
}
