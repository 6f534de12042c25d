/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"

#include "bounds.h"
#include "util.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	TICK_NANOSECONDS = 50 * 1000 * 1000, /* more than a tick at 100 Hz, which is 10 milliseconds */
	COARSE_SECONDS =
		2, /* where a file system has no parts of a second (ext4 with small inodes; vfat counts by two) */
	LATEST = 32, /* sources among which one is looked for that is there twice */
};

void sources_begin(struct sources *sources)
{
	struct timespec now;

	*sources = (struct sources){.is_open = true};
	sources->doubtful = clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0;
	sources->began = now.tv_sec;
	sources->began_part = now.tv_nsec;
}

static struct source source_of(const struct stat *st)
{
	return (struct source){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = st->st_mtim.tv_sec,
		.modified_part = st->st_mtim.tv_nsec,
		.changed = st->st_ctim.tv_sec,
		.changed_part = st->st_ctim.tv_nsec,
	};
}

/* False: it cannot be told. */
static bool look(const char *path, struct source *ret)
{
	struct stat st;

	*ret = (struct source){0};
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	*ret = source_of(&st);
	return true;
}

static bool make_room(struct sources *sources)
{
	size_t room = sources->room ? 2 * sources->room : 32;
	struct source *longer;

	if (sources->count < sources->room)
		return true;
	longer = realloc(sources->list, room * sizeof(*longer));
	if (!longer)
		return false;
	sources->list = longer;
	sources->room = room;
	return true;
}

/* PATH is not there: cuts it behind its first part that is not. */
static bool cut_absent(char *path)
{
	struct source source;

	for (char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		if (!look(path, &source))
			return false;
		if (!source.inode)
			return true;
		*end = '/';
	}
	return look(path, &source) && !source.inode;
}

/* Among the last ones: what is not there is most of what is asked for, and asked for more than once. */
static bool has_absent(const struct sources *sources, const char *path)
{
	size_t first = sources->count > LATEST ? sources->count - LATEST : 0;

	for (size_t i = first; i < sources->count; i++)
		if (!sources->list[i].inode && strcmp(sources->list[i].path, path) == 0)
			return true;
	return false;
}

/* False: it cannot be told, or there is no memory. */
static bool add(struct sources *sources, const char *path)
{
	cleanup_free char *copy = strdup(path);
	struct source source;

	if (!copy || !look(path, &source) || sources->count >= INDEX_SOURCES_LIMIT || !make_room(sources))
		return false;
	if (!source.inode && !cut_absent(copy))
		return false;
	if (!source.inode && has_absent(sources, copy))
		return true;
	source.path = TAKE_PTR(copy);
	sources->list[sources->count++] = source;
	return true;
}

void sources_add(struct sources *sources, const char *path)
{
	if (sources && sources->is_open && !sources->doubtful)
		sources->doubtful = !add(sources, path);
}

void sources_doubt(struct sources *sources)
{
	if (sources)
		sources->doubtful = true;
}

static bool is_after(const struct sources *sources, int64_t seconds, int64_t part)
{
	int64_t began = sources->began, began_part = sources->began_part - TICK_NANOSECONDS;

	if (part == 0)
		return seconds > began - COARSE_SECONDS;
	if (began_part < 0) {
		began--;
		began_part += INT64_C(1000) * 1000 * 1000;
	}
	return seconds > began || (seconds == began && part >= began_part);
}

bool source_is_young(const struct sources *sources, const struct source *source)
{
	return source->inode && (is_after(sources, source->modified, source->modified_part) ||
					is_after(sources, source->changed, source->changed_part));
}

bool sources_are_sure(const struct sources *sources, size_t from)
{
	if (!sources->is_open || sources->doubtful)
		return false;
	for (size_t i = from; i < sources->count; i++)
		if (source_is_young(sources, &sources->list[i]))
			return false;
	return true;
}

static bool is_equal(const struct source *one, const struct source *other)
{
	return one->device == other->device && one->inode == other->inode && one->size == other->size &&
	       one->modified == other->modified && one->modified_part == other->modified_part &&
	       one->changed == other->changed && one->changed_part == other->changed_part;
}

bool source_is_same(const struct source *source)
{
	struct source now;

	return look(source->path, &now) && is_equal(&now, source);
}

bool source_is_open(const struct source *source, int fd, bool *ret_same_names)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || st.st_ino != source->inode || st.st_dev != source->device)
		return false;
	*ret_same_names = (uint64_t)st.st_size == source->size && st.st_mtim.tv_sec == source->modified &&
			  st.st_mtim.tv_nsec == source->modified_part;
	return true;
}

bool source_is_untouched(const struct source *source, int fd)
{
	struct stat st;
	struct source now;

	if (fstat(fd, &st) < 0)
		return false;
	now = source_of(&st);
	return is_equal(&now, source);
}

bool absence_is_sure(const struct absence *absence)
{
	return absence->is_true && sources_are_sure(&absence->sources, 0);
}

void sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		free(sources->list[i].path);
	free(sources->list);
	*sources = SOURCES_NONE;
}
