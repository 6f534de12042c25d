/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a record, both ways. */
#include "record.h"

#include "err.h"
#include "json.h"
#include "record_values.h"
#include "util.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { USUAL_SIZE = 4096 }; /* a record has some 400 bytes */

const char *const record_keys[KEY_COUNT] = {
	[KEY_VERSION] = "version",
	[KEY_ID] = "id",
	[KEY_NAME] = "name",
	[KEY_ENGINE] = "engine",
	[KEY_POD] = "pod",
	[KEY_POD_NAMESPACE] = "pod-namespace",
	[KEY_POD_CONTAINER] = "pod-container",
	[KEY_BUNDLE] = "bundle",
	[KEY_PID] = "pid",
	[KEY_START_TIME] = "start-time",
	[KEY_CREATOR] = "creator",
	[KEY_RUNTIME_STATE] = "runtime-state",
	[KEY_PID_NAMESPACE] = "pid-namespace",
	[KEY_MASTERS] = "masters",
	[KEY_MOUNT_NAMESPACE] = "mount-namespace",
	[KEY_PIDFD_INODE] = "pidfd-inode",
	[KEY_CONTAINER_MOUNT] = "container-mount",
	[KEY_CONTAINER_NAMESPACE] = "container-namespace",
	[KEY_TOOLS] = "tools",
	[KEY_TOOLS_DEVICE] = "tools-device",
	[KEY_MOVED_DEVICE] = "moved-device",
	[KEY_MOVED_INODE] = "moved-inode",
	[KEY_MOVED_MOUNT] = "moved-mount",
	[KEY_MADE] = "made-directory",
	[KEY_FOREIGN] = "foreign",
};

size_t record_key_find(const char *name, size_t from)
{
	for (size_t tries = 0; tries < KEY_COUNT; tries++) {
		size_t at = (from + tries) % KEY_COUNT;

		if (strcmp(record_keys[at], name) == 0)
			return at;
	}
	return KEY_COUNT;
}

/* 0: no number that could be written there. */
static uint64_t number_of(const struct json *value)
{
	int64_t number = 0;

	return json_number(value, &number) && number > 0 ? (uint64_t)number : 0;
}

/* Of two of one name the last. */
static void take_values(const struct json *document, struct record_value values[KEY_COUNT])
{
	const struct json *member = json_is_object(document) ? json_first(document) : NULL;
	size_t at = 0;

	for (; member; member = json_next(member)) {
		size_t found = record_key_find(json_key(member), at);

		if (found == KEY_COUNT)
			continue;
		values[found] = (struct record_value){.is_there = true,
			.is_true = json_true(member),
			.text = json_string(member),
			.number = number_of(member)};
		at = found + 1;
	}
}

/* Both numbers of a process; -EINVAL: they are none. */
static int take_process(uint64_t pid, uint64_t start_time, pid_t *ret_pid, uint64_t *ret_start)
{
	if (!pid || pid > INT_MAX || !start_time)
		return -EINVAL;
	*ret_pid = (pid_t)pid;
	*ret_start = start_time;
	return 0;
}

/* Of a record without a first process. DOCUMENT: null where it has none. */
static int take_creator(
	const struct json *document, const struct record_value values[KEY_COUNT], struct record *record)
{
	const struct json *creator = json_get(document, record_keys[KEY_CREATOR]);

	record->runtime_state = values[KEY_RUNTIME_STATE].text;
	if (record->runtime_state && record->runtime_state[0] != '/')
		record->runtime_state = NULL;
	return take_process(number_of(json_get(creator, "pid")), number_of(json_get(creator, "start-time")),
		&record->creator, &record->creator_start);
}

static void take_rest(const struct record_value values[KEY_COUNT], struct record *record)
{
	record->name = values[KEY_NAME].text;
	record->engine = values[KEY_ENGINE].text;
	record->pod = values[KEY_POD].text;
	record->pod_namespace = values[KEY_POD_NAMESPACE].text;
	record->pod_container = values[KEY_POD_CONTAINER].text;
	record->bundle = values[KEY_BUNDLE].text;
	record->tools = values[KEY_TOOLS].text;
	record->pid_namespace = values[KEY_PID_NAMESPACE].number;
	record->masters = values[KEY_MASTERS].number;
	record->mount_namespace = values[KEY_MOUNT_NAMESPACE].number;
	record->pidfd_inode = values[KEY_PIDFD_INODE].number;
	record->container_mount = values[KEY_CONTAINER_MOUNT].number;
	record->container_namespace = values[KEY_CONTAINER_NAMESPACE].number;
	record->tools_device = values[KEY_TOOLS_DEVICE].number;
	record->moved_device = values[KEY_MOVED_DEVICE].number;
	record->moved_inode = values[KEY_MOVED_INODE].number;
	record->moved_mount = values[KEY_MOVED_MOUNT].number;
	record->made = values[KEY_MADE].is_true;
	record->foreign = values[KEY_FOREIGN].is_true;
	if (!record->engine)
		record->engine = "unknown";
}

/* The texts become the record's own, in one piece of memory: a tenth of what the document takes. */
static int own_texts(struct record *record)
{
	const char **const texts[] = {&record->id, &record->name, &record->engine, &record->pod,
		&record->pod_namespace, &record->pod_container, &record->bundle, &record->tools,
		&record->runtime_state};
	size_t size = 0;
	char *memory;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		size += *texts[i] ? strlen(*texts[i]) + 1 : 0;
	memory = record->memory = malloc(size);
	if (!memory)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		size_t length = *texts[i] ? strlen(*texts[i]) + 1 : 0;

		if (!length)
			continue;
		memcpy(memory, *texts[i], length);
		*texts[i] = memory;
		memory += length;
	}
	return 0;
}

/* DOCUMENT: null where VALUES were found without it. */
static int make_record(const struct json *document, const struct record_value values[KEY_COUNT],
	const char *id, struct record *ret, struct err *err)
{
	struct record record = {.id = values[KEY_ID].text};

	if (!record.id || strcmp(record.id, id) != 0)
		return err_set(err, EINVAL, "record of %s: it is not about this container", id);
	if (take_process(values[KEY_PID].number, values[KEY_START_TIME].number, &record.pid,
		    &record.start_time) < 0 &&
		(values[KEY_PID].is_there || take_creator(document, values, &record) < 0))
		return err_set(err, EINVAL, "record of %s: no process", id);
	take_rest(values, &record);
	if (own_texts(&record) < 0)
		return err_errno(err, ENOMEM, "record of %s", id);
	*ret = record;
	return 0;
}

/* Lists read thousands of records: what we wrote is read in a quarter of the time that JSON takes. */
static bool scan(const char *text, size_t length, char *copy, size_t size, struct record_value *values)
{
	if (length >= size)
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return record_scan(copy, length, values);
}

int record_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	struct record_value values[KEY_COUNT] = {0};
	char copy[USUAL_SIZE];

	if (!scan(text, length, copy, sizeof(copy), values)) {
		memset(values, 0, sizeof(values));
		if (json_parse(text, length, &document, err) < 0)
			return err_prefix(err, "record of %s", id);
		take_values(document, values);
	}
	return make_record(document, values, id, ret, err);
}

static void write_known(struct json_writer *writer, const char *key, uint64_t number)
{
	if (number && number <= INT64_MAX)
		json_write_number(writer, key, (int64_t)number);
}

int record_format(const struct record *record, char **ret_text, size_t *ret_length, struct err *err)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_number(writer, record_keys[KEY_VERSION], 1);
	json_write_string(writer, record_keys[KEY_ID], record->id);
	json_write_string(writer, record_keys[KEY_NAME], record->name);
	json_write_string(writer, record_keys[KEY_ENGINE], record->engine);
	if (record->pod && record->pod_namespace && record->pod_container) {
		json_write_string(writer, record_keys[KEY_POD], record->pod);
		json_write_string(writer, record_keys[KEY_POD_NAMESPACE], record->pod_namespace);
		json_write_string(writer, record_keys[KEY_POD_CONTAINER], record->pod_container);
	}
	json_write_string(writer, record_keys[KEY_BUNDLE], record->bundle);
	if (record->pid) {
		json_write_number(writer, record_keys[KEY_PID], record->pid);
		json_write_number(writer, record_keys[KEY_START_TIME], (int64_t)record->start_time);
	} else {
		json_write_object(writer, record_keys[KEY_CREATOR]);
		json_write_number(writer, "pid", record->creator);
		json_write_number(writer, "start-time", (int64_t)record->creator_start);
		json_write_end(writer);
		json_write_string(writer, record_keys[KEY_RUNTIME_STATE], record->runtime_state);
	}
	json_write_number(writer, record_keys[KEY_PID_NAMESPACE], (int64_t)record->pid_namespace);
	json_write_number(writer, record_keys[KEY_MASTERS], (int64_t)record->masters);
	json_write_number(writer, record_keys[KEY_MOUNT_NAMESPACE], (int64_t)record->mount_namespace);
	write_known(writer, record_keys[KEY_PIDFD_INODE], record->pidfd_inode);
	write_known(writer, record_keys[KEY_CONTAINER_MOUNT], record->container_mount);
	write_known(writer, record_keys[KEY_CONTAINER_NAMESPACE], record->container_namespace);
	json_write_string(writer, record_keys[KEY_TOOLS], record->tools);
	json_write_number(writer, record_keys[KEY_TOOLS_DEVICE], (int64_t)record->tools_device);
	if (record->moved_device) {
		json_write_number(writer, record_keys[KEY_MOVED_DEVICE], (int64_t)record->moved_device);
		json_write_number(writer, record_keys[KEY_MOVED_INODE], (int64_t)record->moved_inode);
		if (record->moved_mount)
			json_write_number(writer, record_keys[KEY_MOVED_MOUNT], (int64_t)record->moved_mount);
		json_write_bool(writer, record_keys[KEY_MADE], record->made);
	}
	if (record->foreign)
		json_write_bool(writer, record_keys[KEY_FOREIGN], true);
	json_write_end(writer);
	return json_writer_finish(writer, ret_text, ret_length, err);
}

int record_copy(const struct record *record, struct record *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int rc = record_format(record, &text, &length, err);

	return rc < 0 ? rc : record_parse(text, length, record->id, ret, err);
}

void record_release(struct record *record)
{
	free(record->memory);
	*record = RECORD_NONE;
}
