/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a container's record. */
#include "bounds.h"
#include "err.h"
#include "record.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct record full = {
	.id = "web-1",
	.name = "web",
	.engine = "podman",
	.bundle = "/b",
	.tools = "/var/lib/oci-crashcart/tools",
	.pid = 2147483647,
	.start_time = INT64_MAX,
};

static void is_record(const struct record *got, const struct record *wanted, const char *name)
{
	tap_string(got->id, wanted->id, "%s: id", name);
	tap_string(got->name, wanted->name, "%s: name", name);
	tap_string(got->tools, wanted->tools, "%s: tools", name);
	tap_number(got->pid, wanted->pid, "%s: pid", name);
	tap_ok(got->start_time == wanted->start_time, "%s: start time", name);
}

static void test_file(const struct scratch *scratch)
{
	struct record got = RECORD_NONE, other = full;
	struct err err = {0};
	struct stat st;

	tap_number(record_read(scratch->fd, "web-1", &got, &err), -ENOENT, "a record that is not there");
	tap_number(record_write(scratch->fd, &full, &err), 0, "a record is written");
	tap_ok(fstatat(scratch->fd, "web-1.json", &st, 0) == 0 && (st.st_mode & 07777) == 0600,
		"for its owner alone");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), 0, "and read");
	is_record(&got, &full, "read");
	record_release(&got);
	other.tools = NULL;
	tap_number(record_write(scratch->fd, &other, &err), 0, "it is replaced");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), 0, "and read again");
	tap_string(got.tools, NULL, "it is the new one");
	record_release(&got);
	tap_number(record_remove(scratch->fd, "web-1", &err), 0, "it is removed");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), -ENOENT, "it is gone");
	tap_number(record_remove(scratch->fd, "web-1", &err), 0,
		"what is not there is removed without an error");
}

/* None, and not to be had, are two things: what is there must not count as none. */
static void test_find(const struct scratch *scratch)
{
	struct record got = RECORD_NONE;
	struct err err = {0};
	struct rlimit old, none;

	tap_number(record_find(scratch->fd, "web-1", &got, &err), 0, "no record");
	scratch_file(scratch, "web-1.json", 0600, "{}");
	tap_number(record_find(scratch->fd, "web-1", &got, &err), 0, "what is no record");
	tap_ok(err.number == 0 && err.text[0] == '\0', "neither is an error");
	tap_number(record_write(scratch->fd, &full, &err), 0, "a record is written");
	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	tap_number(record_find(scratch->fd, "web-1", &got, &err), -EMFILE, "too many open files");
	setrlimit(RLIMIT_NOFILE, &old);
	tap_contains(err.text, "web-1.json", "it is named");
	tap_number(record_find(scratch->fd, "web-1", &got, &err), 1, "a record that is there");
	is_record(&got, &full, "found");
	record_release(&got);
	tap_number(record_remove(scratch->fd, "web-1", &err), 0, "it is removed");
}

static void test_leftovers(const struct scratch *scratch)
{
	struct err err = {0};
	struct record got = RECORD_NONE;

	scratch_file(scratch, ".web-1.json", 0600, "{\"half\":");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), -ENOENT,
		"a file that was not finished is no record");
	tap_number(record_write(scratch->fd, &full, &err), 0, "it does not stand in the way of one");
	tap_number(faccessat(scratch->fd, ".web-1.json", F_OK, 0), -1, "it is gone then");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), 0, "the record is whole");
	record_release(&got);
	scratch_file(scratch, ".web-1.json", 0600, "");
	tap_number(record_remove(scratch->fd, "web-1", &err), 0, "a record is removed");
	tap_number(faccessat(scratch->fd, ".web-1.json", F_OK, 0), -1, "and what a killed writer has left");
}

/* A good record, reached through a link. */
static void test_link(const struct scratch *scratch)
{
	struct record got = RECORD_NONE;
	struct err err = {0};
	struct stat st;

	record_write(scratch->fd, &full, &err);
	tap_number(
		renameat(scratch->fd, "web-1.json", scratch->fd, "elsewhere"), 0, "(a record is moved away)");
	tap_number(symlinkat("elsewhere", scratch->fd, "web-1.json"), 0, "(and a link left)");
	tap_number(record_read(scratch->fd, "web-1", &got, &err), -ELOOP,
		"a link in place of a record is not followed");
	tap_number(
		record_write(scratch->fd, &(struct record){.id = "web-1", .pid = 9, .start_time = 9}, &err),
		0, "writing a record");
	tap_ok(fstatat(scratch->fd, "web-1.json", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode),
		"replaces the link");
	tap_ok(fstatat(scratch->fd, "elsewhere", &st, 0) == 0 && st.st_size > 100, "and not what it led to");
	unlinkat(scratch->fd, "web-1.json", 0);
	(void)!symlinkat("elsewhere", scratch->fd, "web-1.json");
	tap_number(record_remove(scratch->fd, "web-1", &err), 0, "removing a record");
	tap_ok(faccessat(scratch->fd, "elsewhere", F_OK, 0) == 0 &&
			fstatat(scratch->fd, "web-1.json", &st, AT_SYMLINK_NOFOLLOW) < 0,
		"removes the link, not what it led to");
}

static void test_ids(const struct scratch *scratch)
{
	static const char *const bad[] = {"", "..", "../x", "a/b", "-a", ".a", "a\nb"};
	struct record got = RECORD_NONE;
	struct err err = {0};

	scratch_file(scratch, "x", 0600, "mine");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct record record = {.id = bad[i], .pid = 1, .start_time = 1};

		tap_number(
			record_read(scratch->fd, bad[i], &got, &err), -EINVAL, "no id to read: %s", bad[i]);
		tap_number(record_write(scratch->fd, &record, &err), -EINVAL, "no id to write: %s", bad[i]);
		tap_number(record_remove(scratch->fd, bad[i], &err), -EINVAL, "no id to remove: %s", bad[i]);
	}
}

static void test_longest_id(const struct scratch *scratch)
{
	char id[202];
	struct record record = {.id = id, .pid = 1, .start_time = 1}, got = RECORD_NONE;
	struct err err = {0};

	memset(id, 'a', 201);
	id[200] = id[201] = '\0';
	tap_number(record_write(scratch->fd, &record, &err), 0, "the longest id is written");
	tap_number(record_read(scratch->fd, id, &got, &err), 0, "and read");
	record_release(&got);
	tap_number(record_remove(scratch->fd, id, &err), 0, "and removed");
	id[200] = 'a';
	tap_number(record_write(scratch->fd, &record, &err), -EINVAL, "one byte more is no id");
}

static void test_bad_files(const struct scratch *scratch)
{
	struct record got = RECORD_NONE;
	struct err err = {0};
	char *large = malloc(RECORD_SIZE_LIMIT + 2);

	if (!large)
		abort();
	memset(large, ' ', RECORD_SIZE_LIMIT + 1);
	large[RECORD_SIZE_LIMIT + 1] = '\0';
	scratch_file(scratch, "b.json", 0600, "{\"id\":\"web-1\",\"pid\":1,\"start-time\":1}");
	tap_number(record_read(scratch->fd, "b", &got, &err), -EINVAL,
		"a file that is another container's record");
	scratch_file(scratch, "b.json", 0600, large);
	tap_number(record_read(scratch->fd, "b", &got, &err), -EFBIG, "a file that is too large");
	tap_contains(err.text, "b.json", "it is named");
	unlinkat(scratch->fd, "b.json", 0);
	mkdirat(scratch->fd, "b.json", 0700);
	tap_number(record_read(scratch->fd, "b", &got, &err), -EINVAL, "a directory is no record");
	tap_ok(record_remove(scratch->fd, "b", &err) < 0 && err.text[0], "nor removed as one");
	free(large);
}
int main(void)
{
	struct scratch scratch;

	scratch_make(&scratch);
	test_file(&scratch);
	test_find(&scratch);
	test_leftovers(&scratch);
	test_link(&scratch);
	test_ids(&scratch);
	test_longest_id(&scratch);
	test_bad_files(&scratch);
	scratch_remove(&scratch);
	return tap_done();
}
