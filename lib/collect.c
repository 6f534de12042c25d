/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "collect.h"

#include "bounds.h"
#include "created.h"
#include "engine_names.h"
#include "err.h"
#include "io.h"
#include "path.h"
#include "target.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	TICK_MILLISECONDS = 50, /* more than one, as in sources.c */
	AT_ONCE =
		64 /* containers whose files are read of a directory in one call, which no writer comes between */
};

struct engines *known_engines(struct known_list *known)
{
	if (!known->engines)
		known->engines = engines_new("/");
	if (known->engines)
		engines_note(known->engines, known->is_noted, known->sources);
	return known->engines;
}

/* The engine's file first: a container may have been renamed since it started. */
static const char *find_name(struct known_list *known, const struct record *record)
{
	struct engines *engines = known_engines(known);
	const char *name = engines ? engines_name(engines, record) : NULL;

	return name ? name : record->name;
}

static bool take_pod(const struct record *record, const char *name, struct pod *ret)
{
	if (!record->pod || !record->pod_namespace || !record->pod_container)
		return name && pod_split(name, ret);
	snprintf(ret->container, sizeof(ret->container), "%s", record->pod_container);
	snprintf(ret->name, sizeof(ret->name), "%s", record->pod);
	snprintf(ret->namespace, sizeof(ret->namespace), "%s", record->pod_namespace);
	return true;
}

/* Null: it is in none, or there is no memory. */
static struct pod *find_pod(const struct record *record, const char *name)
{
	struct pod pod, *copy;

	if (!take_pod(record, name, &pod) || !(copy = malloc(sizeof(*copy))))
		return NULL;
	*copy = pod;
	return copy;
}

static bool have_living(struct known_list *known)
{
	if (!known->has_living)
		known->has_living = living_open(&known->living, ERR_IGNORED) == 0;
	return known->has_living;
}

uint64_t known_pid_namespace(struct known_list *known)
{
	return have_living(known) ? known->living.pid_namespace : target_pid_namespace();
}

bool known_lives(struct known_list *known, const struct record *record)
{
	if (!record->pid || !have_living(known))
		return !created_is_gone(record);
	return !living_is_gone(&known->living, record);
}

int known_add(struct known_list *known, struct record *record, bool foreign, struct err *err)
{
	bool is_full = (known->count & (known->count - 1)) == 0; /* of a power of two, or of nothing */
	size_t room = known->count ? known->count * 2 : 1;
	struct known *longer = is_full ? realloc(known->list, room * sizeof(*longer)) : known->list;
	const char *name;

	if (!longer) {
		record_release(record);
		return err_errno(err, ENOMEM, "list the containers");
	}
	known->list = longer;
	name = find_name(known, record);
	longer[known->count++] = (struct known){
		.record = *record,
		.name = name,
		.pod = find_pod(record, name),
		.alive = foreign || known_lives(known, record),
		.foreign = foreign,
	};
	*record = RECORD_NONE;
	return 0;
}

/* Nobody else writes to their directory. */
static int add(const struct store *store, const char *id, struct known_list *known, struct err *err)
{
	struct record record = RECORD_NONE;
	int rc = record_read_regular(store->records, id, &record, err);

	if (rc < 0)
		return rc;
	if (!created_complete(&record)) {
		record_release(&record);
		sources_doubt(known->sources); /* it may be at any moment, which changes no file of ours */
		return err_set(err, ENOENT, "%s: it has not been created yet, or never was", id);
	}
	return known_add(known, &record, false, err);
}

int known_add_id(const struct store *store, const char *id, struct known_list *known, struct err *err)
{
	return add(store, id, known, err);
}

/* Cuts ".json" off NAME; false if what is left is no id. A leading dot marks a file that was not finished. */
bool collect_cut_id(char *name)
{
	size_t length = strlen(name);

	if (length <= 5 || strcmp(name + length - 5, ".json") != 0)
		return false;
	name[length - 5] = '\0';
	return path_is_id(name);
}

/* Of one id: those that run first; of one process, what has a record before what has none. */
static int by_id(const void *one, const void *other)
{
	const struct known *first = one, *second = other;
	int order = strcmp(first->record.id, second->record.id);

	if (order == 0)
		order = (int)second->alive - (int)first->alive;
	if (order == 0)
		order = (first->record.pid > second->record.pid) - (first->record.pid < second->record.pid);
	return order ? order : (int)first->foreign - (int)second->foreign;
}

static void release(struct known *container)
{
	record_release(&container->record);
	free(container->pod);
}

/* Is AFTER, which follows in the order, to go beside BEFORE? */
static bool is_double(const struct known *before, const struct known *after)
{
	if (strcmp(before->record.id, after->record.id) != 0)
		return false;
	return !after->alive || (before->record.pid == after->record.pid &&
					before->record.start_time == after->record.start_time);
}

void known_sort(struct known_list *known)
{
	size_t kept = 0;

	if (known->sorted == known->count)
		return;
	if (known->count)
		qsort(known->list, known->count, sizeof(*known->list), by_id);
	for (size_t i = 0; i < known->count; i++)
		if (kept && is_double(&known->list[kept - 1], &known->list[i]))
			release(&known->list[i]);
		else
			known->list[kept++] = known->list[i];
	known->count = known->sorted = kept;
}

static int compare_id(const void *id, const void *container)
{
	return strcmp(id, ((const struct known *)container)->record.id);
}

/* Is ID among the first SORTED ones? */
static bool is_sorted(const struct known_list *known, const char *id)
{
	return known->sorted && bsearch(id, known->list, known->sorted, sizeof(*known->list), compare_id);
}

/* But those that are known by an earlier look. */
static int add_each(const struct store *store, DIR *stream, struct known_list *known, struct err *err)
{
	struct dirent *entry;

	while ((errno = 0, entry = readdir(stream))) {
		struct err problem = {0};
		bool is_regular = entry->d_type == DT_REG;
		size_t before = known->count;
		int rc = 0;

		if (collect_cut_id(entry->d_name) && !is_sorted(known, entry->d_name))
			rc = add(store, entry->d_name, known, &problem);
		if (rc < 0 && !record_is_none(rc)) {
			*err = problem;
			return err_prefix(err, "list the containers");
		}
		if (is_regular && known->count > before)
			known->list[before].inode = entry->d_ino;
	}
	return errno ? err_errno(err, errno, "list the containers") : 0;
}

int collect_known(const struct store *store, struct known_list *ret, struct err *err)
{
	return collect_known_of(store, NULL, ret, err);
}

/* By its path, which has to lead there for others, too. */
static void add_records_source(const struct store *store, struct sources *sources)
{
	char link[32], path[PATH_MAX];
	struct stat st;
	ssize_t length;

	if (!sources)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", store->records);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	sources_add(sources, path);
	if (!sources->count || fstat(store->records, &st) < 0 ||
		sources->list[sources->count - 1].inode != st.st_ino ||
		sources->list[sources->count - 1].device != st.st_dev)
		sources_doubt(sources);
}

static int add_all(const struct store *store, struct known_list *known, struct err *err)
{
	DIR *stream = io_open_stream(store->records, ".");
	int rc;

	if (!stream)
		return err_errno(err, errno, "list the containers");
	rc = add_each(store, stream, known, err);
	closedir(stream);
	known_sort(known);
	return rc;
}

/* Nobody has written to it, and not just before either: the kernel's clock goes in ticks. */
static bool is_quiet(const struct stat *before, const struct stat *after)
{
	struct timespec changed = after->st_ctim, now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return before->st_ctim.tv_sec == changed.tv_sec && before->st_ctim.tv_nsec == changed.tv_nsec &&
	       (now.tv_sec - changed.tv_sec) * 1000 + (now.tv_nsec - changed.tv_nsec) / 1000000 >
		       TICK_MILLISECONDS;
}

/* A record that is written anew while the directory is read may be missed: then it is read again, for those that are not known yet. */
static int add_looks(const struct store *store, struct known_list *known, struct err *err)
{
	struct stat before = {0}, after = {0};
	int rc = fstat(store->records, &before) < 0 ? -errno : 0;

	if (rc < 0)
		return err_errno(err, -rc, "list the containers");
	for (int look = 0; rc == 0 && look < COLLECT_LOOKS_LIMIT; look++) {
		rc = add_all(store, known, err);
		if (known->count < AT_ONCE || fstat(store->records, &after) < 0 || is_quiet(&before, &after))
			return rc;
		before = after;
	}
	return rc;
}

int collect_known_of(
	const struct store *store, struct sources *sources, struct known_list *ret, struct err *err)
{
	struct known_list known = *ret; /* where engines keep what they know, if that has been read */
	int rc;

	add_records_source(store, sources);
	*ret = KNOWN_NONE;
	known.sources = sources;
	rc = add_looks(store, &known, err);
	if (rc < 0) {
		known_free(&known);
		return rc;
	}
	*ret = known;
	return 0;
}

int collect_one(const struct store *store, const char *id, struct known_list *ret, struct err *err)
{
	int rc = add(store, id, ret, err);

	if (rc < 0)
		known_clear(ret);
	return rc;
}

void known_clear(struct known_list *known)
{
	struct engines *engines = TAKE_PTR(known->engines);
	struct absence no_users = known->no_users, no_machines = known->no_machines;
	bool is_noted = known->is_noted;

	known->no_users = known->no_machines = ABSENCE_NONE;
	known_free(known);
	known->engines = engines;
	known->no_users = no_users;
	known->no_machines = no_machines;
	known->is_noted = is_noted;
	if (engines)
		engines_forget(engines);
}

void known_free(struct known_list *known)
{
	for (size_t i = 0; i < known->count; i++)
		release(&known->list[i]);
	free(known->list);
	engines_free(known->engines);
	sources_free(&known->no_users.sources);
	sources_free(&known->no_machines.sources);
	if (known->has_living)
		living_close(&known->living);
	*known = KNOWN_NONE;
}
