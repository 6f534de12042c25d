/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "withdraw.h"

#include "collect.h"
#include "created.h"
#include "err.h"
#include "io.h"
#include "ns.h"
#include "session.h"
#include "target.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

/* Two runtimes with different roots may have a container of one id each: the record is then the other's. */
static bool is_of_another(const struct record *record, const char *bundle)
{
	return record->bundle && bundle && strcmp(record->bundle, bundle) != 0 && !created_is_gone(record);
}

/* Any process of the mount namespace NUMBER. False: there is none, so that its mounts are gone with it. */
static bool find_inhabitant(uint64_t number, struct target *ret)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;
	bool found = false;

	if (!processes)
		return false;
	while (!found && (entry = readdir(processes))) {
		uint64_t pid;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid) ||
			target_open((pid_t)pid, 0, ret, ERR_IGNORED) < 0)
			continue;
		found = ns_mount_number(ret->proc) == number;
		if (!found)
			target_close(ret);
	}
	closedir(processes);
	return found;
}

/* In the mount namespace that the record names, if the tmpfs there is the one that it names. */
static int remove_there(const char *state_directory, const struct record *record, struct err *err)
{
	cleanup_store struct store store = STORE_NONE;
	int rc = store_open(state_directory, false, &store, err);

	if (rc < 0 || store_masters(&store) != record->masters)
		return 0; /* it has been unmounted, or made anew: nothing of this container is there */
	return store_remove(&store, record->id, err);
}

static int remove_elsewhere(const char *state_directory, const struct record *record, struct err *err)
{
	cleanup_home struct ns_home home = {FD_NONE, FD_NONE};
	cleanup_target struct target inhabitant = TARGET_NONE;
	int rc;

	if (!find_inhabitant(record->mount_namespace, &inhabitant))
		return 0;
	rc = ns_home_open(&home, err);
	if (rc == 0)
		rc = ns_enter(inhabitant.pidfd, CLONE_NEWNS, err);
	if (rc < 0)
		return rc;
	rc = remove_there(state_directory, record, err);
	return ns_home_return(&home, rc < 0 ? ERR_IGNORED : err) < 0 ? -ENOTRECOVERABLE : rc;
}

static int withdraw_locked(
	const char *state_directory, struct store *store, const char *id, const char *bundle, struct err *err)
{
	struct record record = RECORD_NONE;
	int found = record_find(store->records, id, &record, err);
	bool known = found > 0;
	int rc = 0;

	if (found < 0)
		return found;
	if (!known || !is_of_another(&record, bundle)) {
		if (known && record.masters && record.masters != store_masters(store))
			rc = remove_elsewhere(state_directory, &record, err);
		if (rc == 0)
			rc = store_remove(store, id, err);
	}
	record_release(&record);
	return rc;
}

int withdraw(const char *state_directory, const char *id, const char *bundle, struct err *err)
{
	cleanup_store struct store store = STORE_NONE;
	int rc = store_open(state_directory, false, &store, err);

	if (rc == -ENOENT)
		return 0;
	if (rc == -ESTALE) /* nothing is mounted on ctr/ here: the record is still to be removed */
		rc = store_open(state_directory, true, &store, err);
	if (rc == 0)
		rc = store_lock(&store, id, err);
	if (rc == 0)
		rc = withdraw_locked(state_directory, &store, id, bundle, err);
	store_unlock(&store);
	if (rc < 0)
		return rc;
	session_clean(&store, false);
	collect_pending(&store);
	return 0;
}
