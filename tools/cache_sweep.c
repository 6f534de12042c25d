/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache_sweep.h"

#include "cache_index.h"
#include "cache_place.h"
#include "io.h"
#include "tree.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { DEPTH_LIMIT = 64 };

struct entry {
	char name[HASH_TEXT];
	struct timespec used;
	uint64_t bytes;
};

/* Of a file that is there under several names, each counts for its part. */
static uint64_t bytes_of(const struct stat *st)
{
	uint64_t bytes = (uint64_t)st->st_blocks * 512;

	return S_ISDIR(st->st_mode) || st->st_nlink == 0 ? bytes : bytes / st->st_nlink;
}

static uint64_t bytes_below(int parent, const char *name, int depth)
{
	DIR *directory = depth > DEPTH_LIMIT ? NULL : io_open_stream(parent, name);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	while (directory && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, "..") == 0 ||
			fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && strcmp(entry->d_name, ".") != 0)
			bytes += bytes_below(dirfd(directory), entry->d_name, depth + 1);
		else
			bytes += bytes_of(&st);
	}
	if (directory)
		closedir(directory);
	return bytes;
}

static int is_tree(const struct dirent *entry)
{
	return strlen(entry->d_name) == HASH_TEXT - 1 && entry->d_name[0] != '.';
}

/* A directory that is being built in, or removed. */
static int is_work(const struct dirent *entry)
{
	return strncmp(entry->d_name, ".work.", 6) == 0 || strncmp(entry->d_name, ".gone.", 6) == 0;
}

static void remove_work(const struct cache *cache, const char *name)
{
	cleanup_fd int fd = cache_lock(cache, name, LOCK_EX);

	if (fd >= 0)
		(void)tree_remove(cache->fd, name);
}

/* Out of sight at one stroke, so that nobody ever finds half of it. False: it is held, or could not be removed. */
static bool remove_tree(const struct cache *cache, const char *name)
{
	cleanup_fd int fd = cache_lock(cache, name, LOCK_EX);
	char gone[HASH_TEXT + 8];

	snprintf(gone, sizeof(gone), ".gone.%s", name);
	if (fd < 0)
		return false;
	(void)tree_remove(cache->fd, gone); /* of a sweep that was killed */
	return renameat(cache->fd, name, cache->fd, gone) == 0 && tree_remove(cache->fd, gone) == 0;
}

static int by_use(const void *left, const void *right)
{
	const struct timespec *one = &((const struct entry *)left)->used;
	const struct timespec *other = &((const struct entry *)right)->used;

	if (one->tv_sec != other->tv_sec)
		return one->tv_sec < other->tv_sec ? -1 : 1;
	return one->tv_nsec < other->tv_nsec ? -1 : one->tv_nsec > other->tv_nsec;
}

/* The trees, the one first that was not used for longest. *RET: the caller's to free. Returns their number. */
static size_t list_trees(const struct cache *cache, struct entry **ret)
{
	struct dirent **entries = NULL;
	int count = io_scan(cache->fd, &entries, is_tree);
	struct entry *list = count > 0 ? calloc((size_t)count, sizeof(*list)) : NULL;
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		struct stat st;

		if (list && fstatat(cache->fd, entries[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			memcpy(list[used].name, entries[i]->d_name, HASH_TEXT);
			list[used].used = st.st_mtim;
			list[used++].bytes = bytes_below(cache->fd, entries[i]->d_name, 0);
		}
		free(entries[i]);
	}
	free(entries);
	if (list)
		qsort(list, used, sizeof(*list), by_use);
	*ret = list;
	return used;
}

static void sweep_works(const struct cache *cache)
{
	struct dirent **entries = NULL;
	int count = io_scan(cache->fd, &entries, is_work);

	for (int i = 0; i < count; i++) {
		remove_work(cache, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void sweep_trees(const struct cache *cache, uint64_t size)
{
	cleanup_free struct entry *list = NULL;
	size_t count = list_trees(cache, &list);
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += list[i].bytes;
	for (size_t i = 0; i < count && total > size; i++)
		if (remove_tree(cache, list[i].name))
			total -= list[i].bytes;
}

void cache_sweep(const struct cache *cache, uint64_t size)
{
	sweep_works(cache);
	sweep_trees(cache, size);
	index_sweep(cache->index, cache->fd);
}
