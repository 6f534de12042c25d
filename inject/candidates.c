/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "candidates.h"

#include "engine_places.h"
#include "err.h"
#include "index.h"
#include "runtimes.h"

#include <string.h>

enum { CANDIDATES_LIMIT = 16 };

struct candidates {
	const struct store *store;
	struct known_list *known;
	const char *ids[CANDIDATES_LIMIT];
	size_t count;
};

/* Where the engines keep their files; null: also where only the look at all processes could tell. */
static const struct engine_places *find_places(struct known_list *known)
{
	struct engines *engines = known_engines(known);

	if (!engines || engine_places_has_shims(engines_root(engines)))
		return NULL;
	return engines_places(engines, false);
}

static bool add(const char *id, void *context)
{
	struct candidates *candidates = context;
	int rc;

	for (size_t i = 0; i < candidates->count; i++)
		if (strcmp(candidates->ids[i], id) == 0)
			return true;
	if (candidates->count == CANDIDATES_LIMIT)
		return false;
	candidates->ids[candidates->count++] = id;
	rc = known_add_id(candidates->store, id, candidates->known, ERR_IGNORED);
	if (rc < 0 && !record_is_none(rc))
		return false;
	known_sort(candidates->known);
	runtimes_collect_id(candidates->known, id);
	return true;
}

int candidates_collect(const struct store *store, const char *word, struct known_list *known)
{
	cleanup_index struct index index = INDEX_NONE;
	struct candidates candidates = {.store = store, .known = known};
	const struct engine_places *places = find_places(known);

	if (!places || index_open(store, places, &index, ERR_IGNORED) < 0 ||
		!index_each(&index, word, add, &candidates))
		return -ENOENT;
	return 0;
}

void candidates_note(const struct store *store, struct known_list *known, const struct sources *sources)
{
	const struct engine_places *places = find_places(known);

	if (places)
		index_write(store, known, sources, places);
}
