/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a container's record. */
#include "err.h"
#include "record.h"
#include "record_values.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct record full = {
	.id = "web-1",
	.name = "web\n\x1b[2J\xc3\xa4",
	.engine = "podman",
	.bundle = "/b/\"quoted\"",
	.tools = "/var/lib/oci-crashcart/tools",
	.pid = 2147483647,
	.start_time = INT64_MAX,
	.pid_namespace = 4026531836,
	.pidfd_inode = INT64_MAX,
	.container_mount = 4294967297,
	.container_namespace = 7,
	.tools_device = 1792,
	.foreign = true,
	.moved_device = 47,
	.moved_inode = INT64_MAX,
	.moved_mount = 4294967311,
	.made = true,
};

static void is_record(const struct record *got, const struct record *wanted, const char *name)
{
	tap_string(got->id, wanted->id, "%s: id", name);
	tap_string(got->name, wanted->name, "%s: name", name);
	tap_string(got->engine, wanted->engine, "%s: engine", name);
	tap_string(got->bundle, wanted->bundle, "%s: bundle", name);
	tap_string(got->tools, wanted->tools, "%s: tools", name);
	tap_number(got->pid, wanted->pid, "%s: pid", name);
	tap_ok(got->start_time == wanted->start_time, "%s: start time", name);
	tap_number((int64_t)got->pid_namespace, (int64_t)wanted->pid_namespace, "%s: pid namespace", name);
	tap_ok(got->pidfd_inode == wanted->pidfd_inode, "%s: the process's inode", name);
	tap_ok(got->container_mount == wanted->container_mount &&
			got->container_namespace == wanted->container_namespace,
		"%s: the container's mount", name);
	tap_number((int64_t)got->tools_device, (int64_t)wanted->tools_device, "%s: device of an image", name);
	tap_number(got->creator, wanted->creator, "%s: creator", name);
	tap_ok(got->creator_start == wanted->creator_start, "%s: since when", name);
	tap_string(got->runtime_state, wanted->runtime_state, "%s: the runtime's state", name);
	tap_ok(got->foreign == wanted->foreign && got->made == wanted->made &&
			got->moved_device == wanted->moved_device &&
			got->moved_inode == wanted->moved_inode && got->moved_mount == wanted->moved_mount,
		"%s: what was moved into it", name);
}

/* Parses; an error has to say so in both ways, and leave the result alone. */
static int parse(const char *text, size_t length, struct record *ret, struct err *err)
{
	char *exact = tap_exact(text, length);
	int rc;

	*err = (struct err){0};
	rc = record_parse(exact, length, "web-1", ret, err);
	free(exact);
	if (rc < 0 ? (err->number != -rc || !err->text[0] || ret->memory) : err->number)
		abort();
	return rc;
}

static void round_trip(const struct record *record, const struct record *wanted, const char *name)
{
	struct record got = RECORD_NONE;
	struct err err = {0};
	char *text = NULL;
	size_t length = 0;

	tap_number(record_format(record, &text, &length, &err), 0, "%s: is written", name);
	tap_number(parse(text, length, &got, &err), 0, "%s: is read", name);
	is_record(&got, wanted, name);
	record_release(&got);
	tap_ok(!got.memory && !got.id, "%s: is released", name);
	free(text);
}

static void test_round_trip(void)
{
	const struct record least = {.id = "web-1", .pid = 1, .start_time = 1},
			    least_read = {.id = "web-1", .engine = "unknown", .pid = 1, .start_time = 1};

	const struct record prepared = {.id = "web-1",
		.engine = "docker",
		.creator = 7,
		.creator_start = 8,
		.runtime_state = "/run/runc/web-1"};

	round_trip(&prepared, &prepared, "a record without a process");
	round_trip(&full, &full, "a full record");
	round_trip(&least, &least_read, "the least record");
}

/* What other programs may read: keys are only ever added. */
static void test_text(void)
{
	const struct record record = {.id = "a",
		.engine = "crio",
		.pid = 5,
		.start_time = 6,
		.pid_namespace = 7,
		.masters = 8,
		.mount_namespace = 9,
		.tools_device = 10};
	struct err err = {0};
	char *text = NULL;

	tap_number(record_format(&record, &text, NULL, &err), 0, "a record is written");
	tap_string(text,
		"{\n  \"version\": 1,\n  \"id\": \"a\",\n  \"name\": null,\n  \"engine\": \"crio\",\n"
		"  \"bundle\": null,\n  \"pid\": 5,\n  \"start-time\": 6,\n  \"pid-namespace\": 7,\n"
		"  \"masters\": 8,\n  \"mount-namespace\": 9,\n"
		"  \"tools\": null,\n  \"tools-device\": 10\n}\n",
		"as it is documented");
	free(text);
}

/* Without them there are no such keys, as in records of before; with them they come behind those that were there. */
static void test_numbers_text(void)
{
	const struct record record = {.id = "a",
		.engine = "crio",
		.pid = 5,
		.start_time = 6,
		.mount_namespace = 9,
		.pidfd_inode = 11,
		.container_mount = 12,
		.container_namespace = 13};
	struct record large = record;
	struct err err = {0};
	char *text = NULL;

	tap_number(record_format(&record, &text, NULL, &err), 0,
		"a record with the kernel's numbers is written");
	tap_contains(text,
		"  \"mount-namespace\": 9,\n  \"pidfd-inode\": 11,\n  \"container-mount\": 12,\n"
		"  \"container-namespace\": 13,\n  \"tools\": null,\n",
		"as they are documented");
	free(text);
	large.pidfd_inode = large.container_mount = large.container_namespace = 1ULL << 63;
	tap_number(record_format(&large, &text, NULL, &err), 0, "numbers that are too large");
	tap_ok(!strstr(text, "pidfd-inode") && !strstr(text, "container-"), "are not written");
	free(text);
}

/* What is no number of the kernel's counts as not known. */
static void test_bad_numbers(void)
{
	static const char *const values[] = {"0", "-1", "-9223372036854775808", "9223372036854775808",
		"18446744073709551616", "1.5", "1e3", "\"12\"", "null", "true", "[12]", "{\"12\":12}"};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct record got = RECORD_NONE;
		struct err err;
		char text[400];

		snprintf(text, sizeof(text),
			"{\"id\":\"web-1\",\"pid\":5,\"start-time\":6,\"pidfd-inode\":%s,"
			"\"container-mount\":%s,\"container-namespace\":%s,\"pid-namespace\":%s}",
			values[i], values[i], values[i], values[i]);
		tap_number(
			parse(text, strlen(text), &got, &err), 0, "a record with %s for a number", values[i]);
		tap_ok(!got.pidfd_inode && !got.container_mount && !got.container_namespace &&
				!got.pid_namespace,
			"reads as one without");
		record_release(&got);
	}
}

/* What record_scan has to leave to a parser of JSON, and what it need not. */
static void test_scan(void)
{
	static const struct {
		const char *text;
		bool taken;
	} table[] = {
		{"{\"id\":\"a\"}", true},
		{" {\n \"id\" : \"a\" ,\t\"pid\" : 5\r} \n", true},
		{"{\"pid\":5,\"id\":\"a\",\"version\":1}", true},
		{"{\"id\":\"\",\"name\":null,\"foreign\":false,\"made-directory\":true}", true},
		{"{\"start-time\":0,\"pid\":999999999999999999}", true},
		{"{\"id\":\"b\",\"id\":\"a\"}", true},
		{"", false},
		{"{}", false},
		{"[]", false},
		{"{\"id\":\"a\"", false},
		{"{\"id\":\"a\",}", false},
		{"{\"id\":\"a\"}}", false},
		{"{\"id\":\"a\"} x", false},
		{"{\"id\":\"a\" \"pid\":5}", false},
		{"{\"id\" \"a\"}", false},
		{"{id:\"a\"}", false},
		{"{\"id\":\"a}", false},
		{"{\"id\":\"a\\\"\"}", false},
		{"{\"id\":\"a\tb\"}", false},
		{"{\"id\":\"\xc3\xa4\"}", false},
		{"{\"id\":\"\x7f\"}", false},
		{"{\"ID\":\"a\"}", false},
		{"{\"later\":1}", false},
		{"{\"pid\":05}", false},
		{"{\"pid\":-5}", false},
		{"{\"pid\":5.0}", false},
		{"{\"pid\":5e1}", false},
		{"{\"pid\":1000000000000000000}", false},
		{"{\"pid\":truely}", false},
		{"{\"pid\":True}", false},
		{"{\"pid\":}", false},
		{"{\"creator\":{\"pid\":5}}", false},
		{"{\"tools\":[]}", false},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct record_value values[KEY_COUNT] = {0};
		char *copy = strdup(table[i].text);

		tap_ok(copy && record_scan(copy, strlen(copy), values) == table[i].taken, "%s: %s",
			table[i].taken ? "taken" : "left to the parser", table[i].text);
		free(copy);
	}
}

static void test_scan_values(void)
{
	char text[] = "{\"pid\":5,\"id\":\"b\",\"foreign\":true,\"id\":\"a\",\"start-time\":6,\"pid\":null}",
	     hidden[] = "{\"id\":\"a\"}\0}";
	struct record_value values[KEY_COUNT] = {0};

	tap_ok(record_scan(text, strlen(text), values), "values of all kinds");
	tap_string(values[KEY_ID].text, "a", "of two the last counts");
	tap_ok(values[KEY_PID].is_there && !values[KEY_PID].number, "also where that is null");
	tap_ok(values[KEY_START_TIME].number == 6 && !values[KEY_START_TIME].text, "a number is no text");
	tap_ok(values[KEY_FOREIGN].is_true && !values[KEY_FOREIGN].number, "nor true a number");
	tap_ok(!values[KEY_NAME].is_there, "what is not there is not");
	tap_ok(!record_scan(hidden, sizeof(hidden) - 1, values), "what is behind a NUL counts");
}

static void refused(const char *text, const char *reason)
{
	struct record record = RECORD_NONE;
	struct err err = {0};

	tap_number(parse(text, strlen(text), &record, &err), -EINVAL, "refused: %s", text);
	tap_contains(err.text, reason, "because: %s", reason);
	record_release(&record);
}

static void test_refused(void)
{
	static const char *const table[][2] = {
		{"", "not valid JSON"},
		{"garbage", "not valid JSON"},
		{"null", "not about this container"},
		{"[\"web-1\"]", "not about this container"},
		{"{}", "not about this container"},
		{"{\"id\":7,\"pid\":1,\"start-time\":1}", "not about this container"},
		{"{\"id\":\"web-2\",\"pid\":1,\"start-time\":1}", "not about this container"},
		{"{\"id\":\"web-1 \",\"pid\":1,\"start-time\":1}", "not about this container"},
		{"{\"id\":\"web\",\"pid\":1,\"start-time\":1}", "not about this container"},
		{"{\"id\":\"web-1\\u0000\",\"pid\":1,\"start-time\":1}", "not about this container"},
		{"{\"id\":\"web-1\"}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":1}", "no process"},
		{"{\"id\":\"web-1\",\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":0,\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":0,\"creator\":{\"pid\":1,\"start-time\":1}}", "no process"},
		{"{\"id\":\"web-1\",\"creator\":{\"pid\":1,\"start-time\":0}}", "no process"},
		{"{\"id\":\"web-1\",\"creator\":{\"pid\":-1,\"start-time\":1}}", "no process"},
		{"{\"id\":\"web-1\",\"creator\":[1,1]}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":-1,\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":\"1\",\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":1.5,\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":2147483648,\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":4294967297,\"start-time\":1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":1,\"start-time\":-1}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":1,\"start-time\":null}", "no process"},
		{"{\"id\":\"web-1\",\"pid\":1,\"start-time\":9223372036854775808}", "no process"},
		/* target_open takes 0 for "any process": a reused pid would pass for the container's. */
		{"{\"id\":\"web-1\",\"pid\":1,\"start-time\":0}", "no process"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refused(table[i][0], table[i][1]);
}

static void test_odd_members(void)
{
	static const char text[] = "{\"id\":\"web-1\",\"pid\":5,\"start-time\":6,\"name\":5,\"engine\":null,"
				   "\"bundle\":[],\"tools\":{},\"later\":true,\"version\":99}";
	const struct record wanted = {.id = "web-1", .engine = "unknown", .pid = 5, .start_time = 6};
	struct record got = RECORD_NONE;
	struct err err;

	tap_number(parse(text, strlen(text), &got, &err), 0,
		"members of a wrong type, and members of later versions");
	is_record(&got, &wanted, "they read as absent");
	record_release(&got);
}

static void test_cut(void)
{
	char *text = NULL;
	size_t length = 0, wrong = 0;
	struct err err;

	record_format(&full, &text, &length, &err);
	while (length && text[length - 1] != '}') /* the newline behind it may go */
		length--;
	for (size_t i = 0; i < length; i++) {
		struct record record = RECORD_NONE;

		wrong += parse(text, i, &record, &err) != -EINVAL;
		record_release(&record);
	}
	tap_number((int64_t)wrong, 0, "a record cut at any byte is refused");
	free(text);
}
int main(void)
{
	test_round_trip();
	test_text();
	test_numbers_text();
	test_bad_numbers();
	test_scan();
	test_scan_values();
	test_refused();
	test_odd_members();
	test_cut();
	return tap_done();
}
