/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

#include "bounds.h"
#include "err.h"
#include "index_format.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_AT_ONCE = 16 << 10 };

static bool is_whole(const struct index *index)
{
	const struct index_head *head = index_head_of(index);

	if (index->size < sizeof(*head) || memcmp(head->magic, INDEX_MAGIC, sizeof(head->magic)) != 0 ||
		head->entries > INDEX_ENTRIES_LIMIT || head->sources > INDEX_SOURCES_LIMIT ||
		index->text[index->size - 1] != '\0')
		return false;
	if (index_first_source(index) + head->records > head->sources || head->records > 1)
		return false;
	return index->size >= sizeof(*head) + head->entries * sizeof(struct index_entry) +
				      head->sources * sizeof(struct index_source);
}

static bool is_source_same(const struct index *index, const struct index_source *noted)
{
	struct source source = noted->source;

	source.path = (char *)index_text(index, noted->path);
	return source.path && source_is_same(&source);
}

bool index_places(const struct index *index, struct engine_places *ret, bool *ret_running)
{
	const char *text = index_text(index, index_head_of(index)->places);

	while (text && *text) {
		engine_places_add(ret, index_place_kind(*text), text + 1);
		text = index_text(index, (uint64_t)(text + strlen(text) + 1 - index->text));
	}
	if (!text)
		engine_places_release(ret);
	*ret_running = index_head_of(index)->running;
	return text;
}

/* Those numbered from FIRST to before END. */
static bool are_same(const struct index *index, uint64_t first, uint64_t end)
{
	for (uint64_t i = first; i < end; i++)
		if (!is_source_same(index, &index_sources(index)[i]))
			return false;
	return true;
}

static bool holds(struct index *index, const struct store *store)
{
	const struct index_head *head = index_head_of(index);
	uint64_t first = index_first_source(index);
	bool is_same = true;

	if (head->records && !source_is_open(&index_sources(index)[first].source, store->records, &is_same))
		return false;
	index->behind = !is_same;
	return are_same(index, first + head->records, head->sources);
}

static void look_for_absences(struct index *index)
{
	const uint32_t *counts = index_head_of(index)->absences;
	uint64_t first = 0;

	for (int i = 0; i < INDEX_ABSENCES; first += counts[i], i++)
		index->is_absent[i] = counts[i] && are_same(index, first, first + counts[i]);
}

/*
 * It is written whole before it gets its name, and is root's: it does not shrink under us. All of its pages at once: a look-up
 * touches a dozen here and there, and as many page faults take longer.
 */
static int map(int fd, size_t size, struct index *ret, struct err *err)
{
	void *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);

	if (text == MAP_FAILED)
		return err_errno(err, errno, "map the index");
	*ret = (struct index){.text = text, .size = size, .is_mapped = true};
	return 0;
}

/* A short one is read: a mapping is two calls, and a page fault. */
static int read_all(int fd, size_t size, struct index *ret, struct err *err)
{
	cleanup_free char *text = malloc(size);

	if (!text || read(fd, text, size) != (ssize_t)size)
		return err_set(err, ESTALE, "the index cannot be read");
	*ret = (struct index){.text = TAKE_PTR(text), .size = size};
	return 0;
}

static int take(int fd, struct index *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat the index");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)) ||
		st.st_size < (off_t)sizeof(struct index_head) || st.st_size > INDEX_SIZE_LIMIT)
		return err_set(err, ESTALE, "the index is none");
	return (st.st_size > READ_AT_ONCE ? map : read_all)(fd, (size_t)st.st_size, ret, err);
}

int index_open(const struct store *store, struct index *ret, struct err *err)
{
	cleanup_index struct index index = INDEX_NONE;
	cleanup_fd int fd = openat(store->dir, INDEX_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return err_errno(err, ESTALE, "the index");
	rc = take(fd, &index, err);
	if (rc < 0)
		return rc;
	if (!is_whole(&index) || !holds(&index, store))
		return err_set(err, ESTALE, "the index does not hold any more");
	look_for_absences(&index);
	*ret = index;
	index = INDEX_NONE;
	return 0;
}

void index_close(struct index *index)
{
	if (index->is_mapped)
		munmap((void *)index->text, index->size);
	else
		free((void *)index->text);
	*index = INDEX_NONE;
}

/* The first entry whose word does not come before WORD. */
static uint32_t find_first(const struct index *index, const char *word)
{
	uint32_t first = 0, end = index_head_of(index)->entries;

	while (first < end) {
		uint32_t middle = first + (end - first) / 2;
		const char *there = index_text(index, index_entries(index)[middle].word);

		if (there && strcmp(there, word) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* PREFIXES: ids that begin so as well. */
static bool each_of(const struct index *index, const char *word, bool prefixes,
	bool (*function)(const char *id, void *context), void *context)
{
	const struct index_head *head = index_head_of(index);
	size_t length = strlen(word);

	for (uint32_t i = find_first(index, word); i < head->entries; i++) {
		const struct index_entry *entry = &index_entries(index)[i];
		const char *there = index_text(index, entry->word), *id = index_text(index, entry->id);

		if (!there || !id)
			return false;
		if (strncmp(there, word, length) != 0 || (!prefixes && there[length]))
			return true;
		if ((!there[length] || entry->word == entry->id) && !function(id, context))
			return false;
	}
	return true;
}

bool index_each(const struct index *index, const char *word, bool (*function)(const char *id, void *context),
	void *context)
{
	const char *last = strrchr(word, '/');

	return each_of(index, word, true, function, context) &&
	       (!last || each_of(index, last + 1, false, function, context));
}

static bool has_record(const struct index *index, const char *id, uint64_t inode)
{
	for (uint32_t i = find_first(index, id); i < index_head_of(index)->entries; i++) {
		const struct index_entry *entry = &index_entries(index)[i];
		const char *there = index_text(index, entry->word);

		if (!there || strcmp(there, id) != 0)
			return false;
		if (entry->inode == inode)
			return true;
	}
	return false;
}

size_t index_count(const struct index *index, const char *id, bool *ret_recorded, const char **ret_name)
{
	size_t count = 0;

	*ret_recorded = false;
	*ret_name = NULL;
	for (uint32_t i = find_first(index, id); i < index_head_of(index)->entries; i++) {
		const struct index_entry *entry = &index_entries(index)[i];
		const char *there = index_text(index, entry->word);

		if (!there || strcmp(there, id) != 0)
			break;
		if (entry->word != entry->id)
			continue;
		count++;
		*ret_recorded |= entry->inode != 0;
		*ret_name = index_name(index, entry);
	}
	return count;
}

bool index_each_newer(const struct index *index, const struct store *store,
	bool (*function)(const char *id, uint64_t inode, void *context), void *context)
{
	struct stat before, after;
	struct dirent *entry;
	DIR *stream;
	bool good;

	if (!index->behind)
		return true;
	good = fstat(store->records, &before) == 0;
	stream = good ? io_open_stream(store->records, ".") : NULL;
	if (!stream)
		return false;
	while (good && (errno = 0, entry = readdir(stream)))
		if (collect_cut_id(entry->d_name) && !has_record(index, entry->d_name, entry->d_ino))
			good = function(entry->d_name, entry->d_ino, context);
	good = good && errno == 0;
	closedir(stream);
	return good && fstat(store->records, &after) == 0 && after.st_ctim.tv_sec == before.st_ctim.tv_sec &&
	       after.st_ctim.tv_nsec == before.st_ctim.tv_nsec;
}

void index_add_records(const struct index *index, struct sources *sources)
{
	const struct index_source *records = &index_sources(index)[index_first_source(index)];
	const char *path = index->behind ? index_text(index, records->path) : NULL;

	if (path)
		sources_add(sources, path);
}
