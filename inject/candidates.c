/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "candidates.h"

#include "bounds.h"
#include "engine_places.h"
#include "err.h"
#include "index.h"
#include "runtimes.h"

#include <stdint.h>
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

static bool is_alive(const struct known_list *known, const char *id)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].alive && strcmp(known->list[i].record.id, id) == 0)
			return true;
	return false;
}

/*
 * What its name was read from is as it was, so that it need not be read again. And where its record was all that there was of it, and it
 * lives, it is not looked for in the runtimes' directories: no other has come there.
 */
static bool add(const char *id, void *context)
{
	struct candidates *candidates = context;
	struct known_list *known = candidates->known;
	const char *name;
	bool is_recorded, is_alone, is_added;

	if (is_there(candidates, id))
		return true;
	if (candidates->count == INDEX_CANDIDATES_LIMIT)
		return false;
	candidates->ids[candidates->count++] = id;
	is_alone = index_count(candidates->index, id, &is_recorded, &name) == 1;
	if (is_alone && name && !candidates->index->behind)
		engines_tell_name(known_engines(known), id, name);
	is_added = add_record(candidates, id);
	if (is_added && (!is_alone || !is_recorded || !is_alive(known, id)))
		runtimes_collect_id(known, id);
	engines_untell(known_engines(known));
	return is_added;
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
	bool running;

	if (!engines || !index_places(index, &places, &running))
		return false;
	engines_take_places(engines, &places, running);
	return true;
}

int candidates_collect(const struct store *store, const char *word, struct index *index,
	struct sources *records, struct known_list *known)
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

/* Has it a shim of its own, and is all told that its engine may tell? Of a pod of containerd's, the pod's own has it. */
static bool has_shim(const struct known *container)
{
	const struct record *record = &container->record;

	if (!container->alive || !record->bundle ||
		!strstr(record->bundle, "/io.containerd.runtime.v2.task/"))
		return false;
	return strcmp(record->engine, "docker") == 0 ? container->name != NULL : !container->pod;
}

/*
 * A daemon may start at any time, and tell of containers that it had before. Such a one has a shim: as long as there is none but
 * of containers that are known, no other daemon matters. New shims are seen in their directory.
 */
static bool are_shims_known(const struct known_list *known, int root)
{
	size_t count = engine_places_shims(root);

	for (size_t i = 0; i < known->count && count; i++)
		count -= count != SIZE_MAX && has_shim(&known->list[i]);
	return count == 0;
}

void candidates_note(const struct store *store, struct known_list *known, const struct sources *sources)
{
	struct engines *engines = known_engines(known);
	struct index_basis basis = {.list = sources, .absences = {&known->no_users, &known->no_machines}};

	if (!engines || !are_here(known) || !are_shims_known(known, engines_root(engines)))
		return;
	basis.places = engines_places(engines, false);
	basis.configuration = engines_configuration(engines);
	basis.running = engines_has_looked(engines);
	index_write(store, known, &basis);
}
