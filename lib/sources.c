/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sources.h"

#include "bounds.h"
#include "util.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TICK_NANOSECONDS = 50 * 1000 * 1000 }; /* more than a tick at 100 Hz, which is 10 milliseconds */

void sources_begin(struct sources *sources)
{
	struct timespec now;

	*sources = (struct sources){.is_open = true};
	sources->doubtful = clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0;
	sources->began = now.tv_sec;
	sources->began_part = now.tv_nsec;
}

/* False: it cannot be told. */
static bool look(const char *path, struct source *ret)
{
	struct stat st;

	*ret = (struct source){0};
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	*ret = (struct source){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.modified = st.st_mtim.tv_sec,
		.modified_part = st.st_mtim.tv_nsec,
		.changed = st.st_ctim.tv_sec,
		.changed_part = st.st_ctim.tv_nsec,
	};
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

void sources_add(struct sources *sources, const char *path)
{
	struct source source, *place;

	if (!sources || !sources->is_open || sources->doubtful)
		return;
	sources->doubtful =
		!look(path, &source) || sources->count >= INDEX_SOURCES_LIMIT || !make_room(sources);
	if (sources->doubtful)
		return;
	place = &sources->list[sources->count];
	*place = source;
	place->path = strdup(path);
	if (place->path)
		sources->count++;
	else
		sources->doubtful = true;
}

void sources_doubt(struct sources *sources)
{
	if (sources)
		sources->doubtful = true;
}

static bool is_after(const struct sources *sources, int64_t seconds, int64_t part)
{
	int64_t began = sources->began, began_part = sources->began_part - TICK_NANOSECONDS;

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

bool source_is_same(const struct source *source)
{
	struct source now;

	return look(source->path, &now) && now.device == source->device && now.inode == source->inode &&
	       now.size == source->size && now.modified == source->modified &&
	       now.modified_part == source->modified_part && now.changed == source->changed &&
	       now.changed_part == source->changed_part;
}

bool source_has_same_names(const struct source *source, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_size == source->size &&
	       st.st_mtim.tv_sec == source->modified && st.st_mtim.tv_nsec == source->modified_part;
}

void sources_free(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		free(sources->list[i].path);
	free(sources->list);
	*sources = SOURCES_NONE;
}
