/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "standing.h"

#include "err.h"
#include "mountinfo.h"
#include "mounts.h"
#include "plan.h"
#include "record.h"
#include "sys.h"
#include "target.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PLACE "/dev/crashcart"

enum { FIRST_SIZE = 64 << 10 };

static bool make_room(struct standing_host *host)
{
	size_t wanted = host->size ? 2 * host->size : FIRST_SIZE;
	char *longer = wanted > MOUNTINFO_SIZE_LIMIT ? NULL : realloc(host->table, wanted);

	if (!longer)
		return false;
	host->table = longer;
	host->size = wanted;
	return true;
}

/* The memory is kept, since tables are many. */
static bool read_table(struct standing_host *host, pid_t pid)
{
	cleanup_fd int fd = FD_NONE;
	size_t used = 0;
	ssize_t got;
	char name[32];

	snprintf(name, sizeof(name), "%d/mountinfo", pid);
	fd = openat(host->procfs, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	do {
		if (used + 1 >= host->size && !make_room(host))
			return false;
		got = read(fd, host->table + used, host->size - used - 1);
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	host->table[used] = '\0';
	return got == 0;
}

static int by_name(const void *one, const void *other)
{
	return strcmp(one, other);
}

/* Takes the name of the mount NUMBER, if that is on a directory of the mount MASTERS. -errno: it could not be told. */
static int add_attached(struct standing_host *host, uint64_t number, uint64_t masters)
{
	const unsigned int wanted = SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_MNT_POINT;
	uint64_t memory[(sizeof(struct sys_statmount) + PATH_MAX) / sizeof(uint64_t)];
	struct sys_statmount *answer = (struct sys_statmount *)memory;
	int rc = sys_statmount(number, 0, wanted, answer, sizeof(memory));
	const char *name;

	if (rc == -ENOENT) /* it has been unmounted meanwhile */
		return 0;
	if (rc < 0 || (answer->mask & wanted) != wanted)
		return rc < 0 ? rc : -ENOTSUP;
	if (answer->mnt_parent_id != masters)
		return 0;
	name = strrchr(answer->str + answer->mnt_point, '/');
	if (!name)
		return -ENOTSUP;
	snprintf(host->attached + host->attached_count++ * STANDING_NAME_SIZE, STANDING_NAME_SIZE, "%s",
		name + 1);
	return 0;
}

/* Tools are attached to few containers of thousands: one call tells which. */
static bool list_attached(struct standing_host *host, uint64_t masters)
{
	uint64_t numbers[STANDING_ATTACHED_LIMIT];
	int count = masters ? sys_listmount(masters, 0, numbers, STANDING_ATTACHED_LIMIT) : -ENOSYS;

	if (count < 0 || count == STANDING_ATTACHED_LIMIT) /* there may be more */
		return false;
	host->attached = malloc((size_t)STANDING_ATTACHED_LIMIT * STANDING_NAME_SIZE);
	if (!host->attached)
		return false;
	for (int i = 0; i < count; i++)
		if (add_attached(host, numbers[i], masters) < 0)
			return false;
	qsort(host->attached, host->attached_count, STANDING_NAME_SIZE, by_name);
	return true;
}

static bool is_attached(const struct standing_host *host, const char *id)
{
	struct mnt_identity master;

	if (host->has_attached)
		return bsearch(id, host->attached, host->attached_count, STANDING_NAME_SIZE, by_name);
	return mnt_identify(host->ctr, id, &master) == 0 && S_ISDIR(master.mode) && master.is_mount_root;
}

int standing_open(const struct store *store, struct standing_host *ret, struct err *err)
{
	cleanup_standing_host struct standing_host host = STANDING_HOST_NONE;
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	int rc = mnt_identify(store->ctr, NULL, &host.masters);

	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	host.ctr = store->ctr;
	host.procfs = target_open_proc(err);
	if (host.procfs < 0)
		return host.procfs;
	rc = mounts_group(&own, store->ctr, host.masters.mount, &host.group, err);
	if (rc < 0)
		return rc;
	host.has_attached = list_attached(&host, mnt_unique(store->ctr));
	*ret = host;
	host = STANDING_HOST_NONE;
	return 0;
}

void standing_close(struct standing_host *host)
{
	free_keep_errno(&host->attached);
	host->attached_count = 0;
	close_keep_errno(&host->procfs);
	free_keep_errno(&host->table);
	host->size = 0;
}

static void see_mount(
	const struct standing_host *host, const struct record *record, char *line, struct standing *standing)
{
	struct mount_entry entry;

	if (!mountinfo_next(&line, &entry) || strcmp(entry.point, PLACE) != 0)
		return;
	if (record->moved_device && makedev(entry.major, entry.minor) == (dev_t)record->moved_device)
		standing->moved = true;
	if (plan_is_provision(&entry, host->masters.device, record->id))
		standing->provisioned = host->group && entry.master == host->group;
}

/*
 * Asks for the mount that the hook has left, by its number: whether it is still there, and at its place. Its root cannot have changed,
 * as that of a mount never does. False: no, or nobody knows.
 */
static bool is_in_place(const struct standing_host *host, const struct record *record)
{
	const unsigned int wanted =
		SYS_STATMOUNT_SB_BASIC | SYS_STATMOUNT_MNT_BASIC | SYS_STATMOUNT_MNT_POINT;
	uint64_t memory[128]; /* a point of another length is not the one */
	struct sys_statmount *answer = (struct sys_statmount *)memory;

	if (!record->container_mount || !record->container_namespace || !host->group)
		return false;
	return sys_statmount(record->container_mount, record->container_namespace, wanted, answer,
		       sizeof(memory)) == 0 &&
	       (answer->mask & wanted) == wanted && answer->mnt_master == host->group &&
	       makedev(answer->sb_dev_major, answer->sb_dev_minor) == host->masters.device &&
	       strcmp(answer->str + answer->mnt_point, PLACE) == 0;
}

/* False: the process has ended. */
static bool look_in_table(struct standing_host *host, const struct record *record, struct standing *standing)
{
	static const char place[] = " " PLACE " ";
	char *rest, *found;

	if (!read_table(host, record->pid))
		return false;
	/* Few lines are of our place: only these are parsed. */
	for (rest = host->table; (found = strstr(rest, place));) {
		char *end = found + strcspn(found, "\n"), *line = found;

		rest = *end ? end + 1 : end;
		*end = '\0';
		while (line > host->table && line[-1] != '\n' && line[-1] != '\0')
			line--;
		see_mount(host, record, line, standing);
	}
	return true;
}

bool standing_look(struct standing_host *host, const struct record *record, struct standing *ret)
{
	struct standing standing = {0};

	if (!record->moved_device)
		standing.provisioned = is_in_place(host, record);
	if (!standing.provisioned && !look_in_table(host, record, &standing))
		return false;
	standing.attached = is_attached(host, record->id);
	*ret = standing;
	return true;
}
