/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtimes.h"

#include "err.h"
#include "io.h"
#include "ns.h"
#include "path.h"
#include "state.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

enum { STATUS_SIZE_LIMIT = 16 << 20 };

/* Where runtimes keep a directory for each container, and in it this file. */
static const struct {
	const char *directory, *file;
	bool has_namespaces; /* there is a directory for each of the engine's namespaces between */
} places[] = {
	{"/run/crun", "status", false},
	{"/run/runc", "state.json", false},
	{"/run/docker/runtime-runc", "state.json", true},
	{"/run/containerd/runc", "state.json", true},
};

/* runc keeps the bundle among its labels: "bundle=/path". */
static const char *bundle_of(const struct json *document)
{
	const char *bundle = json_string(json_get(document, "bundle"));
	const struct json *label = json_first(json_get(json_get(document, "config"), "labels"));

	for (; label && !bundle; label = json_next(label)) {
		const char *text = json_string(label);

		if (text && strncmp(text, "bundle=", 7) == 0)
			bundle = text + 7;
	}
	return bundle && bundle[0] == '/' ? bundle : NULL;
}

/* A record that owns its texts: those of DRAFT, by way of its written form. */
static int own(const struct record *draft, struct record *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc = record_format(draft, &text, &length, err);

	return rc < 0 ? rc : record_parse(text, length, draft->id, ret, err);
}

int runtimes_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	int64_t pid = 0, start_time = 0;
	struct record draft = {.id = id, .engine = "unknown", .foreign = true};

	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "the runtime's state of %s", id);
	if ((!json_number(json_get(document, "pid"), &pid) &&
		    !json_number(json_get(document, "init_process_pid"), &pid)) ||
		(!json_number(json_get(document, "process-start-time"), &start_time) &&
			!json_number(json_get(document, "init_process_start"), &start_time)) ||
		pid <= 0 || pid > INT_MAX || start_time <= 0)
		return err_set(err, EINVAL, "the runtime's state of %s names no process", id);
	draft.pid = (pid_t)pid;
	draft.start_time = (uint64_t)start_time;
	draft.bundle = bundle_of(document);
	return own(&draft, ret, err);
}

/* Engine and name are in the annotations, which are the bundle's. */
static void add_annotations(struct record *record)
{
	cleanup_free char *text = NULL;
	struct config config = CONFIG_NONE;
	struct record draft = *record, owned;
	char path[PATH_MAX];
	size_t length;

	if (!record->bundle ||
		(size_t)snprintf(path, sizeof(path), "%s/config.json", record->bundle) >= sizeof(path) ||
		io_read_file(AT_FDCWD, path, CONFIG_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0 ||
		config_parse(text, length, &config, ERR_IGNORED) < 0)
		return;
	draft.engine = state_engine(config.annotations, record->bundle);
	draft.name = state_name(config.annotations);
	if (own(&draft, &owned, ERR_IGNORED) == 0) {
		record_release(record);
		*record = owned;
	}
	config_release(&config);
}

/* The place of container ID in KNOWN; null: it is not there. */
static struct known *find(const struct known_list *known, const char *id)
{
	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->list[i].record.id, id) == 0)
			return &known->list[i];
	return NULL;
}

static void add_one(struct known_list *known, int directory, const char *id, const char *file)
{
	const struct known *old = find(known, id);
	cleanup_target struct target target = TARGET_NONE;
	cleanup_free char *text = NULL;
	struct record record = RECORD_NONE;
	char path[512];
	size_t length;

	snprintf(path, sizeof(path), "%s/%s", id, file);
	if ((old && old->alive) ||
		io_read_file(directory, path, STATUS_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0 ||
		runtimes_parse(text, length, id, &record, ERR_IGNORED) < 0)
		return;
	if (target_open(record.pid, record.start_time, &target, ERR_IGNORED) < 0) {
		record_release(&record);
		return;
	}
	record.pid_namespace = target_pid_namespace();
	add_annotations(&record);
	(void)known_add(known, &record, true, ERR_IGNORED);
}

static void add_directory(struct known_list *known, int directory, const char *file)
{
	DIR *stream = io_open_stream(directory, ".");
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (path_is_id(entry->d_name))
			add_one(known, directory, entry->d_name, file);
	closedir(stream);
}

static int open_trusted(int directory, const char *name)
{
	cleanup_fd int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && path_check_trusted(fd, name, ERR_IGNORED) == 0 ? TAKE_FD(fd) : FD_NONE;
}

static void add_namespaces(struct known_list *known, int directory, const char *file)
{
	DIR *stream = io_open_stream(directory, ".");
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream))) {
		cleanup_fd int inner = FD_NONE;

		if (entry->d_name[0] != '.')
			inner = open_trusted(directory, entry->d_name);
		if (inner >= 0)
			add_directory(known, inner, file);
	}
	closedir(stream);
}

void runtimes_collect(struct known_list *known)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_fd int directory = open_trusted(AT_FDCWD, places[i].directory);

		if (directory < 0)
			continue;
		if (places[i].has_namespaces)
			add_namespaces(known, directory, places[i].file);
		else
			add_directory(known, directory, places[i].file);
	}
}

void runtimes_collect_below(const char *runtime_directory, struct known_list *known)
{
	static const struct {
		const char *name, *file;
	} own[] = {{"crun", "status"}, {"runc", "state.json"}};
	cleanup_fd int base = open(runtime_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; base >= 0 && i < ARRAY_SIZE(own); i++) {
		cleanup_fd int directory = open_trusted(base, own[i].name);

		if (directory >= 0)
			add_directory(known, directory, own[i].file);
	}
}

/* The oldest process of the mount namespace NUMBER; of two of one age, that with the lower number. */
static int find_first(uint64_t number, struct target *ret, struct err *err)
{
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	cleanup_target struct target first = TARGET_NONE;
	struct dirent *entry;

	if (!processes)
		return err_errno(err, errno, "read /proc");
	while ((entry = readdir(processes))) {
		cleanup_target struct target each = TARGET_NONE;
		uint64_t pid;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid) ||
			target_open((pid_t)pid, 0, &each, ERR_IGNORED) < 0 ||
			ns_mount_number(each.proc) != number)
			continue;
		if (first.pidfd >= 0 && first.start_time <= each.start_time)
			continue;
		target_close(&first);
		first = each;
		each = TARGET_NONE;
	}
	closedir(processes);
	if (first.pidfd < 0)
		return err_set(err, ESRCH, "the process has ended");
	*ret = first;
	first = TARGET_NONE;
	return 0;
}

int runtimes_add_process(struct known_list *known, const struct target *target, bool alone, struct err *err)
{
	cleanup_target struct target first = TARGET_NONE;
	struct record draft = {.engine = "unknown", .foreign = true}, record;
	uint64_t number = ns_mount_number(target->proc);
	char id[32];
	int rc;

	if (!number)
		return err_set(err, ESRCH, "the process has ended");
	rc = alone ? target_open(target->pid, target->start_time, &first, err)
		   : find_first(number, &first, err);
	if (rc < 0)
		return rc;
	if (alone)
		snprintf(id, sizeof(id), "process-%d", target->pid);
	else
		snprintf(id, sizeof(id), "mnt-%lu", (unsigned long)number);
	draft.id = id;
	draft.pid = first.pid;
	draft.start_time = first.start_time;
	draft.pid_namespace = target_pid_namespace();
	rc = own(&draft, &record, err);
	return rc < 0 ? rc : known_add(known, &record, true, err);
}
