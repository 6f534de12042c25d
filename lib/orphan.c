/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orphan.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "mountinfo.h"
#include "ns.h"
#include "plan.h"
#include "runtimes.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

static bool has_master(const struct target *target, dev_t masters, const char *id)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;

	if (target_read_mounts(target->proc, &table, ERR_IGNORED) < 0)
		return false; /* it has ended: as long as another is in there, that will be found */
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (plan_is_provision(&entry, masters, id))
			return true;
	return false;
}

/* The oldest process that has it; RET stays TARGET_NONE where there is none. */
static int find_first(dev_t masters, const char *id, struct target *ret, struct err *err)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	uint64_t without = ns_own_mount_number(); /* the last mount namespace that does not have it */
	struct dirent *entry;

	if (!processes)
		return err_errno(err, errno, "read /proc");
	while ((entry = readdir(processes))) {
		cleanup_target struct target each = TARGET_NONE;
		uint64_t pid, number;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid) ||
			target_open((pid_t)pid, 0, &each, ERR_IGNORED) < 0)
			continue;
		number = ns_mount_number(each.proc);
		if (number == without || (ret->pidfd >= 0 && ret->start_time <= each.start_time))
			continue;
		if (!has_master(&each, masters, id)) {
			without = number;
			continue;
		}
		target_close(ret);
		*ret = each;
		each = TARGET_NONE;
	}
	closedir(processes);
	return 0;
}

/* What the runtime's files tell beside; without them, as of a container of nobody. */
static int write_record(
	const struct store *store, const char *id, const struct target *first, struct err *err)
{
	cleanup_known struct known_list known = KNOWN_NONE;
	struct record record = {
		.id = id,
		.engine = "unknown",
		.pid = first->pid,
		.start_time = first->start_time,
		.pid_namespace = target_pid_namespace(),
		.masters = store_masters(store),
		.mount_namespace = ns_own_mount_number(),
	};

	runtimes_collect(&known);
	for (size_t i = 0; i < known.count; i++) {
		const struct record *found = &known.list[i].record;

		if (strcmp(found->id, id) != 0 || found->pid != first->pid)
			continue;
		record.engine = found->engine;
		record.bundle = found->bundle;
		record.name = found->name;
	}
	return record_write(store->records, &record, err);
}

int orphan_adopt(const struct store *store, const char *id, struct err *err)
{
	cleanup_target struct target first = TARGET_NONE;
	int rc = find_first(store_masters(store), id, &first, err);

	if (rc < 0 || first.pidfd < 0)
		return rc;
	rc = write_record(store, id, &first, err);
	if (rc < 0)
		return rc;
	store_unmark(store, id);
	return 1;
}
