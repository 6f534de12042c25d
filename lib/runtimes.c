/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtimes.h"

#include "bounds.h"
#include "engine_conf.h"
#include "err.h"
#include "io.h"
#include "ns.h"
#include "path.h"
#include "runtime_state.h"
#include "state.h"
#include "trusted.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

/* Where runc and crun keep what they know of a container, in its directory. The runtime behind an engine may be either. */
static const char *const files[] = {"state.json", "status"};

/* Has it one of the keys that state_engine, state_name and pod_of_annotations ask for? One could be written with \u, but is not. */
static bool may_tell(const char *config)
{
	return strstr(config, "\"io.") || strstr(config, "nerdctl/") || strstr(config, "\\u");
}

/* For want of descriptors or memory, of which no file tells: the next call may know better. */
static void doubt_failed(struct sources *sources, int rc)
{
	if (rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -EINTR || rc == -EIO)
		sources_doubt(sources);
}

/* Engine and name are in the annotations, which are the bundle's. */
static void add_annotations(int root, struct record *record, struct sources *sources)
{
	cleanup_free char *text = NULL;
	struct config config = CONFIG_NONE;
	struct record draft = *record, owned;
	char path[PATH_MAX];
	struct pod pod;
	size_t length;
	int rc;

	if (!record->bundle ||
		(size_t)snprintf(path, sizeof(path), "%s/config.json", record->bundle) >= sizeof(path))
		return;
	sources_add(sources, path);
	rc = trusted_read_any(root, path, CONFIG_SIZE_LIMIT, &text, &length, ERR_IGNORED);
	if (rc < 0) {
		doubt_failed(sources, rc);
		return;
	}
	if (!may_tell(text)) {
		record->engine = state_engine(NULL, record->bundle);
		return;
	}
	if (config_parse(text, length, &config, ERR_IGNORED) < 0)
		return;
	draft.engine = state_engine(config.annotations, record->bundle);
	draft.name = state_name(config.annotations);
	if (pod_of_annotations(config.annotations, &pod))
		record_set_pod(&draft, &pod);
	if (record_copy(&draft, &owned, ERR_IGNORED) == 0) {
		record_release(record);
		*record = owned;
	}
	config_release(&config);
}

/* What is collected: into a list whose first entries, SORTED of them, are in the order of their ids. */
struct collection {
	struct known_list *known;
	size_t sorted;
	int root;
	size_t file;      /* of FILES: the one that was there last */
	const char *id;   /* that is wanted; null: all */
	const char *path; /* of the directory that is read; null: of no interest */
};

/* Of what is read in the directory at hand. */
static struct sources *sources_of(const struct collection *collection)
{
	return collection->path ? collection->known->sources : NULL;
}

/* A container that is not there yet may be there when one of its files is written, which its runtime's directory does not tell. */
static void note_absent(const struct collection *collection, const char *id)
{
	struct sources *sources = sources_of(collection);
	char path[PATH_MAX];

	if (!sources)
		return;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", collection->path, id) >= sizeof(path)) {
		sources_doubt(sources);
		return;
	}
	sources_add(sources, path);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *file = util_printf("%s/%s", path, files[i]);

		sources_add(sources, file ? file : path);
	}
}

static int by_id(const void *id, const void *container)
{
	return strcmp(id, ((const struct known *)container)->record.id);
}

/* The live one of that id that has a record; null: none. */
static const struct known *find_old(const struct collection *collection, const char *id)
{
	const struct known *old = NULL;

	if (collection->sorted)
		old = bsearch(id, collection->known->list, collection->sorted, sizeof(*old), by_id);
	return old && old->alive ? old : NULL;
}

static bool is_same_process(const struct record *one, const struct record *other)
{
	return one->pid == other->pid && one->start_time == other->start_time;
}

static int read_state(
	struct collection *collection, int directory, const char *id, struct record *ret, struct err *err)
{
	size_t first = collection->file;
	int rc = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(files) && rc == -ENOENT; i++) {
		cleanup_free char *text = NULL;
		char path[512];
		size_t length;

		collection->file = (first + i) % ARRAY_SIZE(files);
		snprintf(path, sizeof(path), "%s/%s", id, files[collection->file]);
		rc = trusted_read_beneath(directory, path, RUNTIME_STATE_SIZE_LIMIT, &text, &length, err);
		if (rc == 0)
			rc = runtime_state_parse(text, length, id, ret, err);
	}
	return rc;
}

static void add_one(struct collection *collection, int directory, const char *id)
{
	struct record record = RECORD_NONE;
	const struct known *old = find_old(collection, id);
	int rc;

	/* An id of an engine's making is no other container's: then its files need not be read. */
	if (old && path_is_whole_id(id))
		return;
	rc = read_state(collection, directory, id, &record, ERR_IGNORED);
	if (rc < 0) {
		doubt_failed(sources_of(collection), rc);
		note_absent(collection, id);
		return;
	}
	record.pid_namespace = known_pid_namespace(collection->known);
	if (old && is_same_process(&old->record, &record)) {
		record_release(&record);
	} else if (!known_lives(collection->known, &record)) {
		note_absent(collection, id);
		record_release(&record);
	} else {
		add_annotations(collection->root, &record, sources_of(collection));
		rc = known_add(collection->known, &record, true, ERR_IGNORED);
		doubt_failed(sources_of(collection), rc);
	}
}

static void add_directory(struct collection *collection, int directory)
{
	DIR *stream = collection->id ? NULL : io_open_stream(directory, ".");
	struct dirent *entry;

	if (collection->id && path_is_id(collection->id))
		add_one(collection, directory, collection->id);
	if (!stream && !collection->id)
		doubt_failed(sources_of(collection), -errno);
	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (path_is_id(entry->d_name))
			add_one(collection, directory, entry->d_name);
	closedir(stream);
}

/* One of the directories in that at PATH. */
static void add_namespace(struct collection *collection, int directory, const char *path, const char *name)
{
	cleanup_free char *inner_path = util_printf("%s/%s", path, name);
	cleanup_fd int inner = FD_NONE;

	if (!inner_path) {
		sources_doubt(sources_of(collection));
		return;
	}
	collection->path = inner_path;
	sources_add(sources_of(collection), inner_path);
	inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner < 0)
		doubt_failed(sources_of(collection), -errno);
	if (inner >= 0 && path_check_trusted(inner, name, ERR_IGNORED) == 0)
		add_directory(collection, inner);
	else if (inner >= 0)
		sources_doubt(sources_of(collection));
	collection->path = path;
}

static void add_namespaces(struct collection *collection, int directory)
{
	DIR *stream = io_open_stream(directory, ".");
	struct dirent *entry;

	if (!stream) {
		doubt_failed(sources_of(collection), -errno);
		return;
	}
	while ((entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			add_namespace(collection, directory, collection->path, entry->d_name);
	closedir(stream);
}

static void add_place(struct collection *collection, const struct engine_place *place)
{
	cleanup_fd int directory = FD_NONE;

	if (place->kind != PLACE_RUNTIME && place->kind != PLACE_RUNTIMES)
		return;
	collection->path = place->path;
	sources_add(sources_of(collection), place->path);
	directory = trusted_open(collection->root, place->path, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	if (directory < 0 && directory != -ENOENT)
		sources_doubt(sources_of(collection));
	if (directory >= 0 && place->kind == PLACE_RUNTIMES)
		add_namespaces(collection, directory);
	else if (directory >= 0)
		add_directory(collection, directory);
	collection->path = NULL;
}

/* In the places from the one numbered FROM on; returns how many there are. */
static size_t add_places(struct collection *collection, struct engines *engines, bool running, size_t from)
{
	const struct engine_places *places = engines_places(engines, running);

	for (size_t i = from; i < places->count; i++)
		add_place(collection, &places->list[i]);
	known_sort(collection->known);
	return places->count;
}

void runtimes_collect(struct known_list *known)
{
	struct engines *engines = known_engines(known);
	struct collection collection = {.known = known, .sorted = known->count};

	if (!engines)
		sources_doubt(known->sources);
	if (!engines)
		return;
	collection.root = engines_root(engines);
	(void)add_places(&collection, engines, true, 0);
}

bool runtimes_collect_rest(struct known_list *known)
{
	struct engines *engines = known_engines(known);
	struct collection collection = {.known = known, .sorted = known->count};
	size_t seen;

	if (!engines)
		return false;
	collection.root = engines_root(engines);
	seen = engines_places(engines, true)->count;
	return engines_look_everywhere(engines) && add_places(&collection, engines, true, seen) > seen;
}

void runtimes_collect_id(struct known_list *known, const char *id)
{
	struct engines *engines = known_engines(known);
	struct collection collection = {.known = known, .sorted = known->count, .id = id};
	size_t configured;

	if (!engines)
		return;
	collection.root = engines_root(engines);
	configured = add_places(&collection, engines, false, 0);
	/* The places that a daemon is told when it starts are docker's, and dockerd makes its ids up. */
	if (path_is_whole_id(id) && !(known->count && known->list[0].alive))
		(void)add_places(&collection, engines, true, configured);
}

void runtimes_collect_below(const char *runtime_directory, const char *id, struct known_list *known)
{
	static const char *const names[] = {"crun", "runc"};
	cleanup_fd int base = open(runtime_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct collection collection = {.known = known, .sorted = known->count, .root = root, .id = id};

	if (base < 0 || path_check_trusted(base, runtime_directory, ERR_IGNORED) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_fd int directory =
			openat(base, names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (directory >= 0 && path_check_trusted(directory, names[i], ERR_IGNORED) == 0)
			add_directory(&collection, directory);
	}
	known_sort(known);
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
	rc = record_copy(&draft, &record, err);
	return rc < 0 ? rc : known_add(known, &record, true, err);
}
