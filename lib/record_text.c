/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a record, both ways. */
#include "record.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* What a record has, in the order in which it is written. */
enum key {
	KEY_VERSION,
	KEY_ID,
	KEY_NAME,
	KEY_ENGINE,
	KEY_POD,
	KEY_POD_NAMESPACE,
	KEY_POD_CONTAINER,
	KEY_BUNDLE,
	KEY_PID,
	KEY_START_TIME,
	KEY_CREATOR,
	KEY_RUNTIME_STATE,
	KEY_PID_NAMESPACE,
	KEY_MASTERS,
	KEY_MOUNT_NAMESPACE,
	KEY_PIDFD_INODE,
	KEY_CONTAINER_MOUNT,
	KEY_CONTAINER_NAMESPACE,
	KEY_TOOLS,
	KEY_TOOLS_DEVICE,
	KEY_MOVED_DEVICE,
	KEY_MOVED_INODE,
	KEY_MOVED_MOUNT,
	KEY_MADE,
	KEY_FOREIGN,
	KEY_COUNT
};

static const char *const keys[KEY_COUNT] = {
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

/* All values in one go, since lists read thousands of records: what comes next in a record is found first. Of two, the last. */
static void find_values(const struct json *document, const struct json *values[KEY_COUNT])
{
	const struct json *member = json_is_object(document) ? json_first(document) : NULL;
	size_t at = 0;

	memset(values, 0, KEY_COUNT * sizeof(values[0]));
	for (; member; member = json_next(member)) {
		for (size_t tries = 0; tries < KEY_COUNT; tries++, at = (at + 1) % KEY_COUNT)
			if (strcmp(keys[at], json_key(member)) == 0) {
				values[at] = member;
				break;
			}
	}
}

/* Both numbers of a process; -EINVAL: they are none. */
static int take_process(
	const struct json *pid_value, const struct json *start_value, pid_t *ret_pid, uint64_t *ret_start)
{
	int64_t pid = 0, start_time = 0;

	if (!json_number(pid_value, &pid) || pid <= 0 || pid > INT_MAX ||
		!json_number(start_value, &start_time) || start_time <= 0)
		return -EINVAL;
	*ret_pid = (pid_t)pid;
	*ret_start = (uint64_t)start_time;
	return 0;
}

/* Of a record without a first process. */
static int take_creator(const struct json *const values[KEY_COUNT], struct record *record)
{
	const struct json *creator = values[KEY_CREATOR];

	record->runtime_state = json_string(values[KEY_RUNTIME_STATE]);
	if (record->runtime_state && record->runtime_state[0] != '/')
		record->runtime_state = NULL;
	return take_process(json_get(creator, "pid"), json_get(creator, "start-time"), &record->creator,
		&record->creator_start);
}

/* 0: it is not there, or no number that could be written there. */
static uint64_t number_of(const struct json *value)
{
	int64_t number = 0;

	return json_number(value, &number) && number > 0 ? (uint64_t)number : 0;
}

static void take_rest(const struct json *const values[KEY_COUNT], struct record *record)
{
	record->name = json_string(values[KEY_NAME]);
	record->engine = json_string(values[KEY_ENGINE]);
	record->pod = json_string(values[KEY_POD]);
	record->pod_namespace = json_string(values[KEY_POD_NAMESPACE]);
	record->pod_container = json_string(values[KEY_POD_CONTAINER]);
	record->bundle = json_string(values[KEY_BUNDLE]);
	record->tools = json_string(values[KEY_TOOLS]);
	record->pid_namespace = number_of(values[KEY_PID_NAMESPACE]);
	record->masters = number_of(values[KEY_MASTERS]);
	record->mount_namespace = number_of(values[KEY_MOUNT_NAMESPACE]);
	record->pidfd_inode = number_of(values[KEY_PIDFD_INODE]);
	record->container_mount = number_of(values[KEY_CONTAINER_MOUNT]);
	record->container_namespace = number_of(values[KEY_CONTAINER_NAMESPACE]);
	record->tools_device = number_of(values[KEY_TOOLS_DEVICE]);
	record->moved_device = number_of(values[KEY_MOVED_DEVICE]);
	record->moved_inode = number_of(values[KEY_MOVED_INODE]);
	record->moved_mount = number_of(values[KEY_MOVED_MOUNT]);
	record->made = json_true(values[KEY_MADE]);
	record->foreign = json_true(values[KEY_FOREIGN]);
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

int record_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	const struct json *values[KEY_COUNT];
	struct record record = RECORD_NONE;

	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "record of %s", id);
	find_values(document, values);
	record.id = json_string(values[KEY_ID]);
	if (!record.id || strcmp(record.id, id) != 0)
		return err_set(err, EINVAL, "record of %s: it is not about this container", id);
	if (take_process(values[KEY_PID], values[KEY_START_TIME], &record.pid, &record.start_time) < 0 &&
		(values[KEY_PID] || take_creator(values, &record) < 0))
		return err_set(err, EINVAL, "record of %s: no process", id);
	take_rest(values, &record);
	if (own_texts(&record) < 0)
		return err_errno(err, ENOMEM, "record of %s", id);
	*ret = record;
	return 0;
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
	json_write_number(writer, keys[KEY_VERSION], 1);
	json_write_string(writer, keys[KEY_ID], record->id);
	json_write_string(writer, keys[KEY_NAME], record->name);
	json_write_string(writer, keys[KEY_ENGINE], record->engine);
	if (record->pod && record->pod_namespace && record->pod_container) {
		json_write_string(writer, keys[KEY_POD], record->pod);
		json_write_string(writer, keys[KEY_POD_NAMESPACE], record->pod_namespace);
		json_write_string(writer, keys[KEY_POD_CONTAINER], record->pod_container);
	}
	json_write_string(writer, keys[KEY_BUNDLE], record->bundle);
	if (record->pid) {
		json_write_number(writer, keys[KEY_PID], record->pid);
		json_write_number(writer, keys[KEY_START_TIME], (int64_t)record->start_time);
	} else {
		json_write_object(writer, keys[KEY_CREATOR]);
		json_write_number(writer, "pid", record->creator);
		json_write_number(writer, "start-time", (int64_t)record->creator_start);
		json_write_end(writer);
		json_write_string(writer, keys[KEY_RUNTIME_STATE], record->runtime_state);
	}
	json_write_number(writer, keys[KEY_PID_NAMESPACE], (int64_t)record->pid_namespace);
	json_write_number(writer, keys[KEY_MASTERS], (int64_t)record->masters);
	json_write_number(writer, keys[KEY_MOUNT_NAMESPACE], (int64_t)record->mount_namespace);
	write_known(writer, keys[KEY_PIDFD_INODE], record->pidfd_inode);
	write_known(writer, keys[KEY_CONTAINER_MOUNT], record->container_mount);
	write_known(writer, keys[KEY_CONTAINER_NAMESPACE], record->container_namespace);
	json_write_string(writer, keys[KEY_TOOLS], record->tools);
	json_write_number(writer, keys[KEY_TOOLS_DEVICE], (int64_t)record->tools_device);
	if (record->moved_device) {
		json_write_number(writer, keys[KEY_MOVED_DEVICE], (int64_t)record->moved_device);
		json_write_number(writer, keys[KEY_MOVED_INODE], (int64_t)record->moved_inode);
		if (record->moved_mount)
			json_write_number(writer, keys[KEY_MOVED_MOUNT], (int64_t)record->moved_mount);
		json_write_bool(writer, keys[KEY_MADE], record->made);
	}
	if (record->foreign)
		json_write_bool(writer, keys[KEY_FOREIGN], true);
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
