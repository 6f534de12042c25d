/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts, as the kernel tells of each, and as the table has them: the same. */
#include "err.h"
#include "mnt.h"
#include "mounts.h"
#include "tap.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { NO_MOUNT = 0x7fffffff };

static const char *const options[] = {"ro", "rw", "nosuid", "nodev", "noexec"};

static bool is_same(const struct mount_entry *one, const struct mount_entry *other)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (mountinfo_has_option(one->options, options[i]) !=
			mountinfo_has_option(other->options, options[i]))
			return false;
	return one->id == other->id && one->major == other->major && one->minor == other->minor &&
	       one->shared == other->shared && one->master == other->master &&
	       strcmp(one->root, other->root) == 0 && strcmp(one->type, other->type) == 0 &&
	       strcmp(one->source, other->source) == 0;
}

/* By the number that no other has; 0: the kernel has none. */
static void test_number(
	const struct mounts *mounts, unsigned long long number, const struct mounts_found *wanted)
{
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;

	tap_ok(!mounts_ask(mounts, 0, &found), "0 is no mount's number");
	if (!number || mounts->by_table || !mounts_ask(mounts, number, &found))
		return; /* an older kernel */
	tap_ok(is_same(&found.entry, &wanted->entry), "by its number it is found");
	tap_ok(found.number == number, "which is told");
	tap_ok(!mounts_ask(mounts, number + (1ULL << 40), &found), "another is none's");
	tap_ok(!found.entry.id && !found.number, "and nothing is left");
}

/* The mount that is seen at PATH, by both ways. */
static void test_path(struct mounts *mounts, const char *path)
{
	cleanup_found struct mounts_found asked = MOUNTS_FOUND_NONE, read = MOUNTS_FOUND_NONE;
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct mounts table = {.proc = mounts->proc, .by_table = true};
	struct mnt_identity identity;
	struct err err = {0};

	if (fd < 0 || mnt_identify(fd, NULL, &identity) < 0)
		return;
	tap_number(mounts_find(mounts, fd, identity.mount, &asked, &err), 1, "%s: it is found", path);
	tap_number(mounts_find(&table, fd, identity.mount, &read, &err), 1, "and in the table");
	tap_ok(asked.entry.id && is_same(&asked.entry, &read.entry), "they say the same");
	tap_number(mounts_find(mounts, fd, NO_MOUNT, &asked, &err), 0, "by another number it is not");
	tap_ok(!asked.entry.id && !asked.number, "and no entry is left");
	tap_number(mounts_find(mounts, fd, 0, &asked, &err), 1, "without a number it is");
	tap_number(mounts_find(&table, fd, 0, &read, &err), 1, "in the table as well");
	tap_ok(is_same(&asked.entry, &read.entry), "and they say the same");
	test_number(mounts, mnt_unique(fd), &read);
	tap_ok(!mounts_ask(&table, mnt_unique(fd), &asked), "a table is not asked");
	mounts_close(&table);
}

static void test_all(struct mounts *mounts)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	struct err err = {0};
	char *cursor;

	tap_number(mounts_table(mounts, &table, &err), 0, "the table is read");
	for (cursor = table; cursor && mountinfo_next(&cursor, &entry);)
		test_path(mounts, entry.point);
	mounts_forget(mounts);
	tap_ok(!mounts->table, "and forgotten");
}

static bool has_device(const struct mount_entry *entry, const void *context)
{
	const struct mount_entry *wanted = context;

	return entry->major == wanted->major && entry->minor == wanted->minor &&
	       entry->shared == wanted->shared && entry->master == wanted->master;
}

static void test_any(void)
{
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	cleanup_free char *table = NULL;
	struct mount_entry entry, none = {.major = 4000, .minor = 1 << 19};
	struct err err = {0};
	char *cursor;

	if (mounts_table(&own, &table, &err) < 0)
		return;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		tap_number(mounts_any(has_device, &entry, &err), 1, "%s: it is among all", entry.point);
	tap_number(mounts_any(has_device, &none, &err), 0, "what is not there is not");
}

static void test_process(void)
{
	cleanup_mounts struct mounts ours = MOUNTS_OWN;
	cleanup_target struct target self = TARGET_NONE;
	struct err err = {0};

	tap_number(target_open(getpid(), 0, &self, &err), 0, "a process is held");
	ours = mounts_of(&self);
	test_all(&ours);
}

int main(void)
{
	struct mounts own = MOUNTS_OWN;

	test_all(&own);
	test_process();
	test_any();
	return tap_done();
}
