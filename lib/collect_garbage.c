/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"
#include "collect.h"
#include "created.h"
#include "err.h"
#include "io.h"
#include "orphan.h"
#include "path.h"
#include "pending.h"
#include "session.h"

#include <dirent.h>
#include <stdlib.h>

/* Of the runtime wrapper's containers nobody says that they run: what is seen now need not be looked for again. */
static void settle(const struct store *store, struct record *record)
{
	if (record->pid || !created_complete(record))
		return;
	if (record_write(store->records, record, ERR_IGNORED) == 0)
		store_unmark(store, record->id);
}

/* 1: it may still come; or it is there, and has the record now that it lacked. 0: neither. */
static int spare_unrecorded(const struct store *store, const char *id, struct err *err)
{
	if (!pending_is_marked(store, id))
		return 0;
	return pending_is_expected(store, id) ? 1 : orphan_adopt(store, id, err);
}

/*
 * Under the lock: a hook that is at work on ID has either written its record by now, or not begun. What is no record is
 * no container's, unless its runtime has still to make that. 1: it was dead.
 */
static int remove_if_dead(const struct store *store, const char *id, struct err *err)
{
	struct record record = RECORD_NONE;
	int found = record_find(store->records, id, &record, err), rc;
	bool dead = found > 0 ? created_is_gone(&record) : found == 0;

	if (found > 0 && !dead)
		settle(store, &record);
	record_release(&record);
	if (!dead)
		return found < 0 ? found : 0;
	rc = found == 0 ? spare_unrecorded(store, id, err) : 0;
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = store_remove(store, id, err);
	return rc < 0 ? rc : 1;
}

struct garbage {
	struct store *store;
	void (*removed)(const char *id, void *context);
	void *context;
	struct err *err;
	int failed;
};

static void collect_id(struct garbage *garbage, const char *id)
{
	struct err *err = garbage->failed ? ERR_IGNORED : garbage->err;
	int rc = store_lock(garbage->store, id, err);

	if (rc == 0)
		rc = remove_if_dead(garbage->store, id, err);
	store_unlock(garbage->store);
	if (rc < 0)
		garbage->failed++;
	if (rc == 1 && garbage->removed)
		garbage->removed(id, garbage->context);
}

/* Names in DIRECTORY are taken first, since the work changes it. RECORDS: they end in .json, unfinished ones
 * begin with a dot. */
static int collect_directory(struct garbage *garbage, int directory, bool records)
{
	struct dirent **entries = NULL;
	int count = io_scan(directory, &entries, NULL);

	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;

		if (records && name[0] == '.')
			name++;
		if (records ? collect_cut_id(name) : path_is_id(name))
			collect_id(garbage, name);
		free(entries[i]);
	}
	free(entries);
	return count < 0 ? -errno : 0;
}

int collect_garbage(
	struct store *store, void (*removed)(const char *id, void *context), void *context, struct err *err)
{
	struct garbage garbage = {.store = store, .removed = removed, .context = context, .err = err};

	if (collect_directory(&garbage, store->records, true) < 0 ||
		collect_directory(&garbage, store->ctr, false) < 0 ||
		collect_directory(&garbage, store->pending, false) < 0) {
		err_errno(err, errno, "read the state directory");
		garbage.failed++;
	}
	session_clean(store, true);
	return garbage.failed;
}

void collect_pending(struct store *store)
{
	DIR *stream = io_is_empty(store->pending) ? NULL : io_open_stream(store->pending, ".");
	struct dirent *entry;
	int rest = COLLECT_PENDING_LIMIT;

	if (!stream)
		return;
	while (rest > 0 && (entry = readdir(stream))) {
		if (!path_is_id(entry->d_name) || !store_try_lock(store, entry->d_name))
			continue;
		rest--;
		(void)remove_if_dead(store, entry->d_name, ERR_IGNORED);
		store_unlock(store);
	}
	closedir(stream);
}
