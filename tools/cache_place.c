/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache_place.h"

#include "err.h"
#include "path.h"
#include "tree.h"
#include "util.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { TRIES = 10 };

int cache_open(const char *directory, struct cache *ret, struct err *err)
{
	cleanup_cache struct cache cache = CACHE_NONE;
	int rc = path_make_directory(AT_FDCWD, directory, 0700, &cache.fd, err);

	if (rc == 0)
		rc = path_check_trusted(cache.fd, directory, err);
	if (rc == 0)
		rc = path_make_directory(cache.fd, "index", 0700, &cache.index, err);
	if (rc < 0)
		return err_prefix(err, "the pack cache");
	cache.path = realpath(directory, NULL);
	if (!cache.path)
		return err_errno(err, errno, "the pack cache: %s", directory);
	*ret = cache;
	cache = CACHE_NONE;
	return 0;
}

void cache_close(struct cache *cache)
{
	close_keep_errno(&cache->fd);
	close_keep_errno(&cache->index);
	free_keep_errno(&cache->path);
}

int cache_lock(const struct cache *cache, const char *name, int how)
{
	cleanup_fd int fd = openat(cache->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat held, found;

	if (fd < 0 || flock(fd, how | LOCK_NB) < 0 || fstat(fd, &held) < 0 ||
		fstatat(cache->fd, name, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (held.st_dev != found.st_dev || held.st_ino != found.st_ino)
		return -ENOENT;
	return TAKE_FD(fd);
}

int cache_hold(const struct cache *cache, const char *tree)
{
	int fd = cache_lock(cache, tree, LOCK_SH);

	if (fd >= 0)
		(void)futimens(fd, NULL);
	return fd == -EWOULDBLOCK ? -ENOENT : fd; /* it is about to be removed */
}

int cache_work_begin(const struct cache *cache, struct cache_work *ret, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		unsigned int number = 0;

		if (getentropy(&number, sizeof(number)) < 0)
			break;
		snprintf(ret->name, sizeof(ret->name), ".work.%08x", number);
		if (mkdirat(cache->fd, ret->name, 0700) < 0 && errno != EEXIST)
			break;
		/* Not if a sweep was quicker than our lock. */
		ret->fd = cache_lock(cache, ret->name, LOCK_EX);
		if (ret->fd >= 0)
			return 0;
	}
	return err_errno(err, errno, "make a directory in %s", cache->path);
}

void cache_work_end(const struct cache *cache, struct cache_work *work)
{
	if (work->fd >= 0)
		(void)tree_remove(cache->fd, work->name);
	close_keep_errno(&work->fd);
}

int cache_place(const struct cache *cache, const struct cache_work *work, const char *name, const char *tree,
	struct err *err)
{
	int fd = -ENOENT;

	for (int i = 0; i < TRIES && fd == -ENOENT; i++) {
		if (syscall(SYS_renameat2, work->fd, name, cache->fd, tree, RENAME_NOREPLACE) < 0 &&
			errno != EEXIST)
			return err_errno(err, errno, "put the finished tree in its place");
		fd = cache_hold(cache, tree);
	}
	return fd < 0 ? err_errno(err, -fd, "open the finished tree") : fd;
}
