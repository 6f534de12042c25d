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
	const struct index *index;
	struct sources *records; /* takes what newer ones are read from */
	struct known_list *known;
	const char *ids[INDEX_CANDIDATES_LIMIT]; /* the index's */
	size_t count, newer;
};

static bool is_there(const struct candidates *candidates, const char *id)
{
	for (size_t i = 0; i < candidates->count; i++)
		if (strcmp(candidates->ids[i], id) == 0)
			return true;
	return false;
}

static bool add_record(const struct candidates *candidates, const char *id)
{
	struct known_list *known = candidates->known;
	int rc;

	known->sources = candidates->index->behind ? candidates->records : NULL;
	rc = known_add_id(candidates->store, id, known, ERR_IGNORED);
	known->sources = NULL;
	known_sort(known);
	return rc == 0 || record_is_none(rc);
}

/* Was its record all that there was, and does it live? The runtimes' directories have not changed: no other has come there. */
static bool is_recorded(const struct candidates *candidates, const char *id)
{
	const struct known_list *known = candidates->known;

	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].alive && strcmp(known->list[i].record.id, id) == 0)
			return index_has_record_alone(candidates->index, id);
	return false;
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
	if (!is_recorded(candidates, id))
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

static bool take_places(const struct index *index, struct known_list *known)
{
	struct engines *engines = known_engines(known);
	struct engine_places places = {0};

	if (!engines || !index_places(index, &places))
		return false;
	engines_take_places(engines, &places);
	return true;
}

static int collect(const struct store *store, const char *word, struct index *index, struct sources *records,
	struct known_list *known)
{
	struct candidates candidates = {.store = store, .index = index, .records = records, .known = known};

	if (index_open(store, index, ERR_IGNORED) < 0 || !take_places(index, known))
		return -ENOENT;
	known->no_users.is_true = index->is_absent[0];
	known->no_machines.is_true = index->is_absent[1];
	sources_begin(records);
	index_add_records(index, records);
	return index_each(index, word, add, &candidates) &&
			       index_each_newer(index, store, add_newer, &candidates)
		       ? 0
		       : -ENOENT;
}

int candidates_collect(const struct store *store, const char *word, struct index *ret_index,
	struct sources *ret_records, struct known_list *known)
{
	int rc = collect(store, word, ret_index, ret_records, known);

	if (rc < 0) {
		bool is_noted = known->is_noted;

		known_free(known); /* with all that the index has told */
		known->is_noted = is_noted;
	}
	return rc;
}

void candidates_renew(const struct store *store, const struct index *index, const struct sources *records,
	const struct known_list *known)
{
	struct index_basis basis = {.list = records, .absences = {&known->no_users, &known->no_machines}};
	bool is_behind = index->behind;

	for (int i = 0; i < INDEX_ABSENCES; i++)
		is_behind |= !index->is_absent[i] && absence_is_sure(basis.absences[i]);
	if (is_behind)
		index_renew(index, store, known, &basis);
}

/* In another pid namespace, what runs in the records' would be noted as ended. */
static bool are_here(struct known_list *known)
{
	uint64_t here = known_pid_namespace(known);

	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].record.pid_namespace != here)
			return false;
	return true;
}

/* Not where a daemon may run that only a look at all processes tells of; and such a one may come with each container of its own. */
void candidates_note(const struct store *store, struct known_list *known, struct sources *sources)
{
	struct engines *engines = known_engines(known);
	struct index_basis basis = {.list = sources, .absences = {&known->no_users, &known->no_machines}};

	sources_add(sources, ENGINE_SHIMS);
	if (!engines || !are_here(known) || engine_places_has_shims(engines_root(engines)))
		return;
	basis.places = engines_places(engines, false);
	basis.configuration = engines_configuration(engines);
	index_write(store, known, &basis);
}
