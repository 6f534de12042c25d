/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"
#include "index.h"
#include "index_format.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* A text that is made; after an error nothing is added. */
struct draft {
	char *text;
	size_t used, room;
	bool failed;
};

/* DATA null: zeroes. Returns the place where it is. */
static uint32_t add(struct draft *draft, const void *data, size_t size)
{
	size_t place = draft->used, room = draft->room ? draft->room : 64 << 10;
	char *longer;

	while (room < place + size)
		room *= 2;
	if (draft->failed || room > INDEX_SIZE_LIMIT) {
		draft->failed = true;
		return 0;
	}
	longer = room == draft->room ? draft->text : realloc(draft->text, room);
	if (!longer) {
		draft->failed = true;
		return 0;
	}
	draft->text = longer;
	draft->room = room;
	if (data)
		memcpy(longer + place, data, size);
	else
		memset(longer + place, 0, size);
	draft->used = place + size;
	return (uint32_t)place;
}

static uint32_t add_text(struct draft *draft, const char *text)
{
	return add(draft, text, strlen(text) + 1);
}

/* A word, and the container that it may mean; where it is the id, the name. */
struct pair {
	const char *word, *id, *name;
	uint64_t inode;
};

static int by_word(const void *one, const void *other)
{
	return strcmp(((const struct pair *)one)->word, ((const struct pair *)other)->word);
}

/* Three words a container at the most. NEWER: of those that have an inode. */
static size_t list_pairs(const struct known_list *known, bool newer, struct pair *list)
{
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++) {
		const struct known *each = &known->list[i];
		const char *id = each->record.id;

		if (newer && !each->inode)
			continue;
		/* Of users' containers no name is ever told: another may have the id. */
		list[count++] = (struct pair){id, id, each->record.bundle ? each->name : NULL, each->inode};
		if (each->name)
			list[count++] = (struct pair){each->name, id, NULL, 0};
		if (each->pod)
			list[count++] = (struct pair){each->pod->container, id, NULL, 0};
	}
	return count;
}

/* The tables are written when it is known where the texts are. */
static void add_pairs(struct draft *draft, const struct pair *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct index_entry entry = {.id = add_text(draft, list[i].id), .inode = list[i].inode};

		entry.word = list[i].word == list[i].id ? entry.id : add_text(draft, list[i].word);
		entry.name = list[i].name ? add_text(draft, list[i].name) : 0;
		if (!draft->failed)
			memcpy(draft->text + sizeof(struct index_head) + i * sizeof(entry), &entry,
				sizeof(entry));
	}
}

static void add_sources(struct draft *draft, const struct index_source *list, const char *const *paths,
	size_t count, size_t entries)
{
	size_t table = sizeof(struct index_head) + entries * sizeof(struct index_entry);

	for (size_t i = 0; i < count; i++) {
		struct index_source source = list[i];

		source.path = add_text(draft, paths[i]);
		if (!draft->failed)
			memcpy(draft->text + table + i * sizeof(source), &source, sizeof(source));
	}
}

static uint32_t add_places(struct draft *draft, const struct engine_places *places)
{
	uint32_t first = (uint32_t)draft->used;

	for (size_t i = 0; i < places->count; i++) {
		char kind = index_kind(places->list[i].kind);

		(void)add(draft, &kind, 1);
		(void)add_text(draft, places->list[i].path);
	}
	(void)add_text(draft, "");
	return first;
}

/* What an index is made of. */
struct parts {
	struct pair *pairs;
	size_t pair_count;
	struct index_source *sources; /* their paths are beside */
	const char **paths;
	size_t source_count;
	const struct engine_places *places;
	bool running;
	uint32_t absences[INDEX_ABSENCES]; /* as in the head */
	bool records;
};

static bool parts_allocate(struct parts *parts, size_t pairs, size_t sources)
{
	parts->pairs = calloc(pairs + 1, sizeof(*parts->pairs));
	parts->sources = calloc(sources + 1, sizeof(*parts->sources));
	parts->paths = calloc(sources + 1, sizeof(*parts->paths));
	return parts->pairs && parts->sources && parts->paths;
}

static void parts_free(struct parts *parts)
{
	free(parts->pairs);
	free(parts->sources);
	free(parts->paths);
}
#define cleanup_parts __attribute__((cleanup(parts_free)))

/* A young one is that of records: these are looked at in any case then. */
static void add_source(struct parts *parts, const struct sources *sources, size_t number)
{
	struct index_source *source = &parts->sources[parts->source_count];

	source->source = sources->list[number];
	source->source.path = NULL;
	if (source_is_young(sources, &sources->list[number]))
		source->source.modified = -1;
	parts->paths[parts->source_count++] = sources->list[number].path;
}

/* What is not there is often asked for by several. FIRST: of those that all depends on. */
static bool has_absent(const struct parts *parts, size_t first, const struct source *source)
{
	for (size_t i = first; i < parts->source_count && !source->inode; i++)
		if (!parts->sources[i].source.inode && strcmp(parts->paths[i], source->path) == 0)
			return true;
	return false;
}

static void add_all(struct parts *parts, size_t first, const struct sources *sources)
{
	for (size_t i = first; i < sources->count; i++)
		add_source(parts, sources, i);
}

/* A record that is written anew may have been missed, and the time is set back then (rewrite.h): but not that of change. */
static void add_records(struct parts *parts, const struct store *store, const struct sources *sources)
{
	struct index_source *source = &parts->sources[parts->source_count];

	add_source(parts, sources, 0);
	if (!source_is_untouched(&sources->list[0], store->records))
		source->source.modified = -1;
}

static void add_absence(struct parts *parts, int number, const struct absence *absence)
{
	if (!absence_is_sure(absence))
		return;
	parts->absences[number] = (uint32_t)absence->sources.count;
	add_all(parts, 0, &absence->sources);
}

static void make(const struct parts *parts, struct draft *draft)
{
	struct index_head head = {.magic = INDEX_MAGIC, .records = parts->records, .running = parts->running};
	size_t count = parts->pair_count, size = sizeof(head) + count * sizeof(struct index_entry) +
						 parts->source_count * sizeof(struct index_source);

	qsort(parts->pairs, count, sizeof(*parts->pairs), by_word);
	draft->failed = count > INDEX_ENTRIES_LIMIT;
	(void)add(draft, NULL, size);
	add_pairs(draft, parts->pairs, count);
	add_sources(draft, parts->sources, parts->paths, parts->source_count, count);
	head.entries = (uint32_t)count;
	head.sources = (uint32_t)parts->source_count;
	head.places = add_places(draft, parts->places);
	memcpy(head.absences, parts->absences, sizeof(head.absences));
	if (!draft->failed)
		memcpy(draft->text, &head, sizeof(head));
}

/* Whole before it has a name; then by way of one fixed name, so that a killed call leaves no more than that. */
static void put(const struct store *store, const struct draft *draft)
{
	cleanup_fd int fd = openat(store->dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char link[32];

	if (fd < 0 || io_write_all(fd, draft->text, draft->used) < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)unlinkat(store->dir, "." INDEX_NAME, 0);
	if (linkat(AT_FDCWD, link, store->dir, "." INDEX_NAME, AT_SYMLINK_FOLLOW) == 0 &&
		renameat(store->dir, "." INDEX_NAME, store->dir, INDEX_NAME) < 0)
		(void)unlinkat(store->dir, "." INDEX_NAME, 0);
}

/* Is the first source the directory of records, in a file system that gives each file a number of its own? */
static bool has_records(const struct store *store, const struct sources *sources)
{
	struct statfs fs;
	struct stat st;

	return sources->count && fstatfs(store->records, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	       fstat(store->records, &st) == 0 && st.st_ino == sources->list[0].inode &&
	       st.st_dev == sources->list[0].device;
}

static void write_parts(const struct store *store, const struct parts *parts)
{
	struct draft draft = {0};

	make(parts, &draft);
	if (!draft.failed)
		put(store, &draft);
	free(draft.text);
}

static size_t count_sources(const struct index_basis *basis)
{
	size_t count = basis->list->count + (basis->configuration ? basis->configuration->count : 0);

	for (int i = 0; i < INDEX_ABSENCES; i++)
		count += basis->absences[i]->sources.count;
	return count;
}

void index_write(const struct store *store, const struct known_list *known, const struct index_basis *basis)
{
	size_t first;
	cleanup_parts struct parts parts = {.records = has_records(store, basis->list),
		.places = basis->places,
		.running = basis->running};

	if (!known->count || !sources_are_sure(basis->list, parts.records) || !basis->configuration ||
		!sources_are_sure(basis->configuration, 0) ||
		!parts_allocate(&parts, 3 * known->count, count_sources(basis)))
		return;
	parts.pair_count = list_pairs(known, false, parts.pairs);
	for (int i = 0; i < INDEX_ABSENCES; i++)
		add_absence(&parts, i, basis->absences[i]);
	first = parts.source_count;
	if (parts.records)
		add_records(&parts, store, basis->list);
	add_all(&parts, parts.records, basis->list);
	for (size_t i = 0; i < basis->configuration->count; i++)
		if (!has_absent(&parts, first, &basis->configuration->list[i]))
			add_source(&parts, basis->configuration, i);
	write_parts(store, &parts);
}

static bool is_newer(const struct known_list *newer, const char *id)
{
	for (size_t i = 0; i < newer->count; i++)
		if (newer->list[i].inode && strcmp(newer->list[i].record.id, id) == 0)
			return true;
	return false;
}

/* Words stay, as other things may have given them: what they mean is read anew. False: the index is broken. */
static bool list_old_pairs(const struct index *index, const struct known_list *newer, struct parts *parts)
{
	const struct index_entry *entries = index_entries(index);

	for (uint32_t i = 0; i < index_head_of(index)->entries; i++) {
		const char *word = index_text(index, entries[i].word), *id = index_text(index, entries[i].id);

		if (!word || !id)
			return false;
		if (!entries[i].inode || !is_newer(newer, id))
			parts->pairs[parts->pair_count++] =
				(struct pair){word, id, index_name(index, &entries[i]), entries[i].inode};
	}
	return true;
}

/* Among those numbered from FIRST. */
static bool has_path(const struct parts *parts, size_t first, const char *path)
{
	for (size_t i = first; i < parts->source_count; i++)
		if (strcmp(parts->paths[i], path) == 0)
			return true;
	return false;
}

/* What newer ones were read from, and is not among those numbered from FIRST. Where one of these has changed, the old source tells. */
static void add_new(struct parts *parts, size_t first, const struct sources *sources)
{
	for (size_t i = 1; i < sources->count; i++)
		if (!has_path(parts, first, sources->list[i].path))
			add_source(parts, sources, i);
}

/* The sources of INDEX numbered from FIRST to before END. False: it is broken. */
static bool add_old(struct parts *parts, const struct index *index, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++) {
		const char *path = index_text(index, index_sources(index)[i].path);

		if (!path)
			return false;
		parts->sources[parts->source_count] = index_sources(index)[i];
		parts->paths[parts->source_count++] = path;
	}
	return true;
}

static bool add_absences(struct parts *parts, const struct index *index, const struct index_basis *basis)
{
	uint64_t first = 0;

	for (int i = 0; i < INDEX_ABSENCES; i++) {
		uint32_t count = index_head_of(index)->absences[i];

		if (!index->is_absent[i])
			add_absence(parts, i, basis->absences[i]);
		else if (!add_old(parts, index, first, first + count))
			return false;
		else
			parts->absences[i] = count;
		first += count;
	}
	return true;
}

/* Where INDEX is behind, with those of LIST. */
static bool add_all_old(
	struct parts *parts, const struct index *index, const struct store *store, const struct sources *list)
{
	size_t first = parts->source_count;

	if (index->behind)
		add_records(parts, store, list);
	if (!add_old(parts, index, index_first_source(index) + index->behind, index_head_of(index)->sources))
		return false;
	if (index->behind)
		add_new(parts, first, list);
	return true;
}

void index_renew(const struct index *index, const struct store *store, const struct known_list *newer,
	const struct index_basis *basis)
{
	const struct index_head *head = index_head_of(index);
	cleanup_parts struct parts parts = {.records = head->records};
	struct engine_places places = {0};

	if (index->behind && (!sources_are_sure(basis->list, 1) || !has_records(store, basis->list)))
		return;
	if (index_places(index, &places, &parts.running) &&
		parts_allocate(
			&parts, 3 * newer->count + head->entries, head->sources + count_sources(basis)) &&
		list_old_pairs(index, newer, &parts) && add_absences(&parts, index, basis)) {
		parts.places = &places;
		parts.pair_count += list_pairs(newer, true, parts.pairs + parts.pair_count);
		if (add_all_old(&parts, index, store, basis->list))
			write_parts(store, &parts);
	}
	engine_places_release(&places);
}
