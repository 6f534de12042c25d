/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Baselines: what is taken down, that it is small whatever a container has, and which are believed. */
#include "baseline.h"
#include "err.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct scratch scratch;
static struct target self = TARGET_NONE;

static size_t count(const struct json *list)
{
	size_t number = 0;

	for (list = json_first(list); list; list = json_next(list))
		number++;
	return number;
}

/* A table of so many mounts, each at a place of 200 bytes that are written as four each, and as two more in JSON. */
static char *make_table(unsigned int mounts)
{
	size_t size = (size_t)mounts * 1024, used = 0;
	char *table = malloc(size + 1);

	for (unsigned int i = 0; i < mounts; i++) {
		used += (size_t)snprintf(table + used, 1024, "%u 1 0:%u / /", i + 1, i);
		for (int byte = 0; byte < 200; byte++)
			used += (size_t)snprintf(table + used, 8, "\\%03o", mounts > 100 ? '\\' : 'a');
		used += (size_t)snprintf(table + used, 64, " rw - tmpfs a\\040b rw\n");
	}
	table[used] = '\0';
	return table;
}

static struct record record_of(const char *id)
{
	return (struct record){.id = id, .pid = self.pid, .start_time = self.start_time};
}

static off_t size_of(const char *name)
{
	struct stat status;

	return fstatat(scratch.fd, name, &status, 0) == 0 ? status.st_size : -1;
}

static void write_and_read(
	const char *id, unsigned int mounts, const struct baseline_texts *entries, struct baseline *ret)
{
	struct baseline_texts texts = {0};
	struct record record = record_of(id);
	struct mount_entry entry;
	char *table = make_table(mounts);
	char name[64];

	tap_ok(baseline_find(&texts, table, mounts, &entry) && entry.id == (int)mounts,
		"%s: the mount that is looked for", id);
	tap_number(baseline_write(scratch.fd, &record, &self, &texts, entries, true, ERR_IGNORED), 0,
		"%s: written", id);
	snprintf(name, sizeof(name), "%s.baseline", id);
	tap_ok(size_of(name) > 0 && size_of(name) <= BASELINE_SIZE_LIMIT, "%s: %ld bytes", id,
		(long)size_of(name));
	tap_number(baseline_read(scratch.fd, &record, ret, ERR_IGNORED), 0, "%s: read", id);
	baseline_texts_free(&texts);
	free(table);
}

static void test_small(void)
{
	struct baseline_texts none = {0};
	struct baseline baseline = BASELINE_NONE;

	write_and_read("small", 20, &none, &baseline);
	tap_number((int64_t)count(baseline.mounts), 20, "all mounts");
	tap_contains(json_string(json_first(baseline.mounts)), "0:0 / /aaaa", "what is told of one");
	tap_ok(baseline.all_mounts && baseline.at_start && !baseline.entries,
		"of its start, and /dev is not known");
	tap_ok(baseline.groups && baseline.groups[0], "control groups");
	baseline_release(&baseline);
}

static void test_large(void)
{
	struct baseline_texts entries = {0};
	struct baseline baseline = BASELINE_NONE;
	int dev;

	mkdirat(scratch.fd, "dev", 0700);
	dev = openat(scratch.fd, "dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 2000; i++) {
		char name[64];
		int fd;

		snprintf(name, sizeof(name), "a\"\\\n\t%d", i);
		fd = openat(dev, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		close_keep_errno(&fd);
	}
	baseline_list_entries(dev, &entries);
	close_keep_errno(&dev);
	tap_ok(entries.more, "entries: there are more than are listed");
	write_and_read("large", 3000, &entries, &baseline);
	tap_ok(!baseline.all_mounts && !baseline.all_entries, "it says that it has not all");
	tap_ok(count(baseline.mounts) > 10 && count(baseline.entries) > 100, "but many");
	baseline_release(&baseline);
	baseline_texts_free(&entries);
}

static void test_lifetime(void)
{
	struct record record = record_of("small");
	struct baseline_texts other = {.text = strdup("x"), .length = 2};
	struct baseline baseline = BASELINE_NONE;

	(void)baseline_write(scratch.fd, &record, &self, &other, &other, false, ERR_IGNORED);
	baseline_take_late(scratch.fd, &record, &self);
	tap_number(baseline_read(scratch.fd, &record, &baseline, ERR_IGNORED), 0, "read again");
	tap_ok(baseline.at_start && count(baseline.mounts) == 20, "what is there is not written anew");
	baseline_release(&baseline);
	record.start_time++;
	tap_number(baseline_read(scratch.fd, &record, &baseline, ERR_IGNORED), -ENOENT, "another start's");
	scratch_file(&scratch, "small.json", 0600, "{}");
	scratch_file(&scratch, ".small.baseline", 0600, "half");
	(void)record_remove(scratch.fd, "small", ERR_IGNORED);
	tap_ok(size_of("small.baseline") < 0 && size_of(".small.baseline") < 0, "it goes with the record");
	baseline_texts_free(&other);
}

static void test_parse(void)
{
	static const char text[] =
		"{\"start-time\":1,\"mounts\":[\"a\"],\"groups\":\"0::/x\",\"groups-namespace\":7}";
	static const char *const wrong[] = {"", "{}", "[]", "{\"start-time\":1}",
		"{\"start-time\":\"1\",\"mounts\":[]}", "{\"start-time\":1,\"mounts\":{}}",
		"{\"start-time\":1,\"mounts\":[null]}", "{\"start-time\":1,\"mounts\":[],\"entries\":7}"};
	struct baseline baseline = BASELINE_NONE;

	tap_number(baseline_parse(text, strlen(text), 7, &baseline, ERR_IGNORED), 0, "one that can be read");
	tap_string(baseline.groups, "0::/x", "control groups, of the same namespace");
	baseline_release(&baseline);
	tap_number(baseline_parse(text, strlen(text), 8, &baseline, ERR_IGNORED), 0, "in another namespace");
	tap_ok(!baseline.groups, "control groups that cannot be compared");
	baseline_release(&baseline);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		tap_number(baseline_parse(wrong[i], strlen(wrong[i]), 7, &baseline, ERR_IGNORED), -EINVAL,
			"no baseline: %s", wrong[i]);
}

int main(void)
{
	scratch_make(&scratch);
	if (target_open(getpid(), 0, &self, ERR_IGNORED) < 0)
		return 1;
	test_small();
	test_large();
	test_lifetime();
	test_parse();
	target_close(&self);
	scratch_remove(&scratch);
	return tap_done();
}
