/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include "baseline.h"
#include "err.h"
#include "io.h"
#include "path.h"
#include "pod.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

void record_set_pod(struct record *record, const struct pod *pod)
{
	record->pod = pod->name;
	record->pod_namespace = pod->namespace;
	record->pod_container = pod->container;
}

/* Both numbers of a process that DOCUMENT has under these keys; -EINVAL: it has not. */
static int take_process(const struct json *document, const char *pid_key, const char *start_key,
	pid_t *ret_pid, uint64_t *ret_start)
{
	int64_t pid = 0, start_time = 0;

	if (!json_number(json_get(document, pid_key), &pid) || pid <= 0 || pid > INT_MAX ||
		!json_number(json_get(document, start_key), &start_time) || start_time <= 0)
		return -EINVAL;
	*ret_pid = (pid_t)pid;
	*ret_start = (uint64_t)start_time;
	return 0;
}

/* Of a record without a first process. */
static int take_creator(const struct json *document, struct record *record)
{
	const struct json *creator = json_get(document, "creator");

	record->runtime_state = json_string(json_get(document, "runtime-state"));
	if (record->runtime_state && record->runtime_state[0] != '/')
		record->runtime_state = NULL;
	return take_process(creator, "pid", "start-time", &record->creator, &record->creator_start);
}

/* 0: it is not there, or no number that could be written there. */
static uint64_t number_of(const struct json *document, const char *key)
{
	int64_t number = 0;

	return json_number(json_get(document, key), &number) && number > 0 ? (uint64_t)number : 0;
}

static void take_numbers(const struct json *document, struct record *record)
{
	record->moved_device = number_of(document, "moved-device");
	record->moved_inode = number_of(document, "moved-inode");
	record->moved_mount = number_of(document, "moved-mount");
	record->made = json_true(json_get(document, "made-directory"));
	record->foreign = json_true(json_get(document, "foreign"));
	record->pid_namespace = number_of(document, "pid-namespace");
	record->pidfd_inode = number_of(document, "pidfd-inode");
	record->masters = number_of(document, "masters");
	record->mount_namespace = number_of(document, "mount-namespace");
	record->container_mount = number_of(document, "container-mount");
	record->container_namespace = number_of(document, "container-namespace");
	record->tools_device = number_of(document, "tools-device");
}

int record_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	struct record record = RECORD_NONE;

	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "record of %s", id);
	record.id = json_string(json_get(document, "id"));
	if (!record.id || strcmp(record.id, id) != 0)
		return err_set(err, EINVAL, "record of %s: it is not about this container", id);
	if (take_process(document, "pid", "start-time", &record.pid, &record.start_time) < 0 &&
		(json_get(document, "pid") || take_creator(document, &record) < 0))
		return err_set(err, EINVAL, "record of %s: no process", id);
	take_numbers(document, &record);
	record.name = json_string(json_get(document, "name"));
	record.engine = json_string(json_get(document, "engine"));
	record.pod = json_string(json_get(document, "pod"));
	record.pod_namespace = json_string(json_get(document, "pod-namespace"));
	record.pod_container = json_string(json_get(document, "pod-container"));
	record.bundle = json_string(json_get(document, "bundle"));
	record.tools = json_string(json_get(document, "tools"));
	if (!record.engine)
		record.engine = "unknown";
	record.document = TAKE_PTR(document);
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
	json_write_number(writer, "version", 1);
	json_write_string(writer, "id", record->id);
	json_write_string(writer, "name", record->name);
	json_write_string(writer, "engine", record->engine);
	if (record->pod && record->pod_namespace && record->pod_container) {
		json_write_string(writer, "pod", record->pod);
		json_write_string(writer, "pod-namespace", record->pod_namespace);
		json_write_string(writer, "pod-container", record->pod_container);
	}
	json_write_string(writer, "bundle", record->bundle);
	if (record->pid) {
		json_write_number(writer, "pid", record->pid);
		json_write_number(writer, "start-time", (int64_t)record->start_time);
	} else {
		json_write_object(writer, "creator");
		json_write_number(writer, "pid", record->creator);
		json_write_number(writer, "start-time", (int64_t)record->creator_start);
		json_write_end(writer);
		json_write_string(writer, "runtime-state", record->runtime_state);
	}
	json_write_number(writer, "pid-namespace", (int64_t)record->pid_namespace);
	json_write_number(writer, "masters", (int64_t)record->masters);
	json_write_number(writer, "mount-namespace", (int64_t)record->mount_namespace);
	write_known(writer, "pidfd-inode", record->pidfd_inode);
	write_known(writer, "container-mount", record->container_mount);
	write_known(writer, "container-namespace", record->container_namespace);
	json_write_string(writer, "tools", record->tools);
	json_write_number(writer, "tools-device", (int64_t)record->tools_device);
	if (record->moved_device) {
		json_write_number(writer, "moved-device", (int64_t)record->moved_device);
		json_write_number(writer, "moved-inode", (int64_t)record->moved_inode);
		if (record->moved_mount)
			json_write_number(writer, "moved-mount", (int64_t)record->moved_mount);
		json_write_bool(writer, "made-directory", record->made);
	}
	if (record->foreign)
		json_write_bool(writer, "foreign", true);
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
	json_free(record->document);
	*record = RECORD_NONE;
}

/* "<id>.json" in BUFFER; an id is at most 200 bytes. */
static int file_name(char buffer[256], const char *id, struct err *err)
{
	if (!path_is_id(id))
		return err_set(err, EINVAL, "not a container id: %s", id);
	snprintf(buffer, 256, "%s.json", id);
	return 0;
}

int record_read(int dirfd, const char *id, struct record *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	char name[256];
	size_t length = 0;
	int rc = file_name(name, id, err);

	if (rc == 0)
		rc = io_read_file(dirfd, name, RECORD_SIZE_LIMIT, &text, &length, err);
	if (rc < 0)
		return rc;
	return record_parse(text, length, id, ret, err);
}

int record_read_regular(int dirfd, const char *id, struct record *ret, struct err *err)
{
	char name[256], text[4096]; /* a record has some 400 bytes */
	cleanup_fd int fd = FD_NONE;
	ssize_t length;
	int rc = file_name(name, id, err);

	if (rc < 0)
		return rc;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, errno, "open %s", name);
	length = read(fd, text, sizeof(text));
	if (length < 0 || (size_t)length == sizeof(text))
		return record_read(dirfd, id, ret, err);
	return record_parse(text, (size_t)length, id, ret, err);
}

bool record_is_none(int rc)
{
	return rc == -ENOENT || rc == -EINVAL || rc == -EFBIG || rc == -E2BIG || rc == -ELOOP;
}

int record_find(int dirfd, const char *id, struct record *ret, struct err *err)
{
	struct err problem = {0};
	int rc = record_read(dirfd, id, ret, &problem);

	if (record_is_none(rc))
		return 0;
	if (rc < 0) {
		*err = problem;
		return rc;
	}
	return 1;
}

int record_write(int dirfd, const struct record *record, struct err *err)
{
	cleanup_free char *text = NULL;
	char name[256];
	size_t length = 0;
	int rc = file_name(name, record->id, err);

	if (rc == 0)
		rc = record_format(record, &text, &length, err);
	if (rc < 0)
		return rc;
	return io_write_file(dirfd, name, 0600, text, length, err);
}

int record_remove(int dirfd, const char *id, struct err *err)
{
	char name[256], temporary[258];
	int rc = file_name(name, id, err);

	if (rc < 0)
		return rc;
	/* First: what is left of it is found by the record. */
	rc = baseline_remove(dirfd, id, err);
	if (rc < 0)
		return rc;
	/* What a writer that was killed has left. */
	snprintf(temporary, sizeof(temporary), ".%s", name);
	unlinkat(dirfd, temporary, 0);
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return err_errno(err, errno, "remove the record of %s", id);
	return 0;
}
