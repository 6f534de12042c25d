/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mounts.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "sys.h"
#include "target.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* How many mounts are listed at a time. */
enum { LIST_LENGTH = 256 };

struct mounts mounts_of(const struct target *target)
{
	struct mounts mounts = {.proc = target->proc};
	int rc = sys_mount_namespace(target->pidfd, &mounts.number);

	mounts.by_table = rc < 0 || !mounts.number;
	return mounts;
}

void mounts_forget(struct mounts *mounts)
{
	free_keep_errno(&mounts->table);
}

void mounts_close(struct mounts *mounts)
{
	mounts_forget(mounts);
}

void mounts_release(struct mounts_found *found)
{
	free_keep_errno(&found->table);
	found->entry = (struct mount_entry){0};
	found->number = 0;
}

int mounts_table(struct mounts *mounts, char **ret, struct err *err)
{
	bool is_own = mounts->proc < 0;
	char *copy;
	int rc = 0;

	if (!mounts->table)
		rc = io_read_file(is_own ? AT_FDCWD : mounts->proc,
			is_own ? "/proc/self/mountinfo" : "mountinfo", MOUNTINFO_SIZE_LIMIT, &mounts->table,
			NULL, err);
	if (rc < 0)
		return rc;
	copy = strdup(mounts->table);
	if (!copy)
		return err_errno(err, ENOMEM, "look at the mounts");
	*ret = copy;
	return 0;
}

/* As mountinfo has it, without what nobody asks for. */
static void write_options(char ret[32], uint64_t attributes)
{
	snprintf(ret, 32, "%s%s%s%s", attributes & MOUNT_ATTR_RDONLY ? "ro" : "rw",
		attributes & MOUNT_ATTR_NOSUID ? ",nosuid" : "",
		attributes & MOUNT_ATTR_NODEV ? ",nodev" : "",
		attributes & MOUNT_ATTR_NOEXEC ? ",noexec" : "");
}

static struct mount_entry entry_of(const struct sys_statmount *answer)
{
	return (struct mount_entry){
		.id = (int)answer->mnt_id_old,
		.major = answer->sb_dev_major,
		.minor = answer->sb_dev_minor,
		.shared = (unsigned int)answer->mnt_peer_group,
		.master = (unsigned int)answer->mnt_master,
	};
}

/* The kernel's answer. False: it has none, or not all of it. */
static bool ask(const struct mounts *mounts, uint64_t number, struct mounts_found *ret)
{
	const unsigned int wanted = SYS_STATMOUNT_SB_BASIC | SYS_STATMOUNT_MNT_BASIC |
				    SYS_STATMOUNT_MNT_ROOT | SYS_STATMOUNT_FS_TYPE | SYS_STATMOUNT_SB_SOURCE;
	struct sys_statmount *answer = (struct sys_statmount *)ret->answer;

	if (sys_statmount(number, mounts->number, wanted, answer, sizeof(ret->answer)) < 0 ||
		(answer->mask & wanted) != wanted)
		return false;
	ret->entry = entry_of(answer);
	write_options(ret->options, answer->mnt_attr);
	ret->entry.options = ret->options;
	ret->entry.root = answer->str + answer->mnt_root;
	ret->entry.type = answer->str + answer->fs_type;
	ret->entry.source = answer->str + answer->sb_source;
	ret->entry.point = ret->entry.super = "";
	ret->number = number;
	return true;
}

bool mounts_ask(const struct mounts *mounts, uint64_t number, struct mounts_found *ret)
{
	mounts_release(ret);
	return number && !mounts->by_table && ask(mounts, number, ret);
}

static int find_in_table(
	struct mounts *mounts, int fd, unsigned long long id, struct mounts_found *ret, struct err *err)
{
	struct mnt_identity identity = {.mount = id};
	int rc = id ? 0 : mnt_identify(fd, NULL, &identity);

	if (rc < 0)
		return err_errno(err, -rc, "look at a mount");
	rc = mounts_table(mounts, &ret->table, err);
	return rc == 0 && mountinfo_find(ret->table, identity.mount, &ret->entry) ? 1 : rc;
}

int mounts_find(
	struct mounts *mounts, int fd, unsigned long long id, struct mounts_found *ret, struct err *err)
{
	int rc;

	if (!mounts->by_table && mounts_ask(mounts, mnt_unique(fd), ret) &&
		(!id || (unsigned long long)ret->entry.id == id))
		return 1;
	mounts_release(ret);
	rc = find_in_table(mounts, fd, id, ret, err);
	if (rc <= 0)
		mounts_release(ret); /* what was passed over is not what was found */
	return rc;
}

int mounts_group(struct mounts *mounts, int fd, unsigned long long id, unsigned int *ret, struct err *err)
{
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;
	int rc = mounts_find(mounts, fd, id, &found, err);

	*ret = rc > 0 ? found.entry.shared : 0;
	return rc < 0 ? rc : 0;
}

/* 1, 0, or -errno: the kernel does not tell. */
static int ask_all(
	bool (*is_wanted)(const struct mount_entry *entry, const void *context), const void *context)
{
	struct sys_statmount answer;
	uint64_t numbers[LIST_LENGTH], last = 0;
	struct mount_entry entry;
	int count;

	do {
		count = sys_listmount(0, last, numbers, LIST_LENGTH);
		for (int i = 0; i < count; i++) {
			int rc = sys_statmount(numbers[i], 0,
				SYS_STATMOUNT_SB_BASIC | SYS_STATMOUNT_MNT_BASIC, &answer, sizeof(answer));

			if (rc == -ENOENT) /* it has been unmounted meanwhile */
				continue;
			if (rc < 0)
				return rc;
			entry = entry_of(&answer);
			if (is_wanted(&entry, context))
				return 1;
		}
		if (count > 0)
			last = numbers[count - 1];
	} while (count == LIST_LENGTH);
	return count < 0 ? count : 0;
}

int mounts_any(bool (*is_wanted)(const struct mount_entry *entry, const void *context), const void *context,
	struct err *err)
{
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;
	int rc = ask_all(is_wanted, context);

	if (rc >= 0)
		return rc;
	rc = mounts_table(&own, &table, err);
	for (cursor = table; rc == 0 && mountinfo_next(&cursor, &entry);)
		rc = is_wanted(&entry, context);
	return rc;
}
