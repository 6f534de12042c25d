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

/* 1 or 0. An error, and a process that lives: it may have it. */
static int has_master(const struct target *target, dev_t masters, const char *id, struct err *err)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;
	int rc = target_read_mounts(target->proc, &table, err);

	if (rc < 0) /* as long as another is in there, that will be found */
		return target_check(target, ERR_IGNORED) == -ESRCH ? 0 : rc;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (plan_is_provision(&entry, masters, id))
			return 1;
	return 0;
}

/* The oldest process that has it; RET stays TARGET_NONE where there is none. */
static int find_first(dev_t masters, const char *id, struct target *ret, struct err *err)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	uint64_t without = ns_own_mount_number(); /* the last mount namespace that does not have it */
	struct dirent *entry;
	int rc = 0;

	if (!processes)
		return err_errno(err, errno, "read /proc");
	while (rc >= 0 && (entry = readdir(processes))) {
		cleanup_target struct target each = TARGET_NONE;
		uint64_t pid, number;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid))
			continue;
		rc = target_open((pid_t)pid, 0, &each, err);
		if (rc < 0) {
			rc = rc == -ESRCH ? 0 : rc;
			continue;
		}
		number = ns_mount_number(each.proc);
		if (number == without || (ret->pidfd >= 0 && ret->start_time <= each.start_time))
			continue;
		rc = has_master(&each, masters, id, err);
		if (rc != 1) {
			without = number;
			continue;
		}
		target_close(ret);
		*ret = each;
		each = TARGET_NONE;
	}
	closedir(processes);
	return rc < 0 ? rc : 0;
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
		.pidfd_inode = target_inode(first->pidfd),
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
