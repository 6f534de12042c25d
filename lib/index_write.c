/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"
#include "index.h"
#include "index_format.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* A text that is made; after an error nothing is added. */
struct draft {
	char *text;
	size_t used, room;
	bool failed;
};

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
	memcpy(longer + place, data, size);
	draft->used = place + size;
	return (uint32_t)place;
}

static uint32_t add_text(struct draft *draft, const char *text)
{
	return add(draft, text, strlen(text) + 1);
}

/* A word, and the container that it may mean. */
struct pair {
	const char *word, *id;
};

static int by_word(const void *one, const void *other)
{
	return strcmp(((const struct pair *)one)->word, ((const struct pair *)other)->word);
}

/* Three words a container at the most. */
static size_t list_pairs(const struct known_list *known, struct pair *list)
{
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++) {
		const struct known *each = &known->list[i];
		const char *id = each->record.id;

		list[count++] = (struct pair){id, id};
		if (each->name)
			list[count++] = (struct pair){each->name, id};
		if (each->pod)
			list[count++] = (struct pair){each->pod->container, id};
	}
	qsort(list, count, sizeof(*list), by_word);
	return count;
}

/* The tables are written when it is known where the texts are. */
static void add_pairs(struct draft *draft, const struct pair *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct index_entry entry = {.id = add_text(draft, list[i].id)};

		entry.word = list[i].word == list[i].id ? entry.id : add_text(draft, list[i].word);
		if (!draft->failed)
			memcpy(draft->text + sizeof(struct index_head) + i * sizeof(entry), &entry,
				sizeof(entry));
	}
}

static void add_sources(struct draft *draft, const struct sources *sources, size_t entries)
{
	size_t table = sizeof(struct index_head) + entries * sizeof(struct index_entry);

	for (size_t i = 0; i < sources->count; i++) {
		struct index_source source = {.source = sources->list[i]};

		source.path = add_text(draft, source.source.path);
		source.source.path = NULL;
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

static void make(const struct known_list *known, const struct sources *sources,
	const struct engine_places *places, struct draft *draft)
{
	cleanup_free struct pair *list = calloc(3 * known->count + 1, sizeof(*list));
	struct index_head head = {.magic = INDEX_MAGIC};
	cleanup_free char *tables = NULL;
	size_t count, size;

	draft->failed = !list;
	if (!list)
		return;
	count = list_pairs(known, list);
	size = sizeof(head) + count * sizeof(struct index_entry) +
	       sources->count * sizeof(struct index_source);
	tables = calloc(1, size);
	draft->failed = !tables || count > INDEX_ENTRIES_LIMIT;
	if (draft->failed)
		return;
	(void)add(draft, tables, size);
	add_pairs(draft, list, count);
	add_sources(draft, sources, count);
	head.entries = (uint32_t)count;
	head.sources = (uint32_t)sources->count;
	head.places = add_places(draft, places);
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

void index_write(const struct store *store, const struct known_list *known, const struct sources *sources,
	const struct engine_places *places)
{
	struct draft draft = {0};

	if (known->count < INDEX_LEAST_CONTAINERS || !sources_are_sure(sources))
		return;
	make(known, sources, places, &draft);
	if (!draft.failed)
		put(store, &draft);
	free(draft.text);
}
