/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache_index.h"

#include "err.h"
#include "io.h"
#include "names.h"
#include "util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { INDEX_SIZE_LIMIT = 8 << 20, STATE_TEXT = 192 };

/* Directories too: what is added to one or taken away changes its times. */
static int state_of(const char *path, char ret[STATE_TEXT], struct timespec *ret_changed)
{
	struct stat st;

	*ret_changed = (struct timespec){0};
	if (stat(path, &st) < 0) {
		snprintf(ret, STATE_TEXT, "absent");
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	}
	*ret_changed = st.st_ctim;
	snprintf(ret, STATE_TEXT, "%jx %jx %jd %o %jd.%09ld %jd.%09ld", (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino, (intmax_t)st.st_size, st.st_mode, (intmax_t)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec, (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	return 0;
}

/* "STATE\tPATH" */
static bool still_holds(char *line)
{
	char *path = strchr(line, '\t'), now[STATE_TEXT];
	struct timespec changed;

	if (!path)
		return false;
	*path++ = '\0';
	return state_of(path, now, &changed) == 0 && strcmp(now, line) == 0;
}

static bool is_tree(const char *text)
{
	return text && strlen(text) == HASH_TEXT - 1 && strspn(text, "0123456789abcdef") == HASH_TEXT - 1;
}

/* An entry: a line with the version, one with the tree, one for each path, and "end". */
bool index_find(int dirfd, const char *key, const char *version, char ret_tree[HASH_TEXT])
{
	cleanup_free char *text = NULL;
	char *rest, *line, *tree;

	if (io_read_file(dirfd, key, INDEX_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return false;
	rest = text;
	line = strsep(&rest, "\n");
	if (strcmp(line, version) != 0)
		return false;
	tree = strsep(&rest, "\n");
	if (!is_tree(tree))
		return false;
	while ((line = strsep(&rest, "\n")) && strcmp(line, "end") != 0)
		if (!still_holds(line))
			return false;
	if (!line)
		return false; /* it was cut off */
	memcpy(ret_tree, tree, HASH_TEXT);
	return true;
}

static bool is_before(struct timespec one, struct timespec other)
{
	return one.tv_sec < other.tv_sec || (one.tv_sec == other.tv_sec && one.tv_nsec < other.tv_nsec);
}

static int write_path(FILE *text, const char *path, struct timespec before, struct err *err)
{
	char state[STATE_TEXT];
	struct timespec changed;
	int rc = strchr(path, '\n') ? -EINVAL : state_of(path, state, &changed);

	if (rc < 0)
		return err_errno(err, -rc, "%s", path);
	if (!is_before(changed, before))
		return err_set(err, EAGAIN, "%s has just changed", path);
	fprintf(text, "%s\t%s\n", state, path);
	return 0;
}

/* One writer at a time, since the file is written under one temporary name. */
static int write_locked(int dirfd, const char *key, const char *text, size_t length, struct err *err)
{
	cleanup_fd int lock = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_errno(err, errno, "lock the index");
	return io_write_file(dirfd, key, 0600, text, length, err);
}

int index_put(int dirfd, const char *key, const char *version, const char *tree, const struct names *paths,
	struct timespec before, struct err *err)
{
	cleanup_free char *content = NULL;
	size_t length = 0;
	FILE *text = open_memstream(&content, &length);
	int rc = 0;

	if (!text)
		return err_errno(err, errno, "an index entry");
	fprintf(text, "%s\n%s\n", version, tree);
	for (size_t i = 0; rc == 0 && i < paths->count; i++)
		rc = write_path(text, paths->item[i], before, err);
	fputs("end\n", text);
	if (fclose(text) != 0)
		return err_errno(err, errno, "an index entry");
	return rc < 0 ? rc : write_locked(dirfd, key, content, length, err);
}

/* CLOCK_REALTIME is finer, and so would be after the stamp of a file that is written later. */
struct timespec index_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now;
}

static bool serves(int dirfd, const char *key, int cache)
{
	cleanup_free char *text = NULL;
	char *rest, *tree;

	if (io_read_file(dirfd, key, INDEX_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return false;
	rest = text;
	(void)strsep(&rest, "\n");
	tree = strsep(&rest, "\n");
	return is_tree(tree) && faccessat(cache, tree, F_OK, 0) == 0;
}

static int is_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void index_sweep(int dirfd, int cache)
{
	struct dirent **entries = NULL;
	int count = io_scan(dirfd, &entries, is_entry);

	for (int i = 0; i < count; i++) {
		if (!serves(dirfd, entries[i]->d_name, cache))
			(void)unlinkat(dirfd, entries[i]->d_name, 0);
		free(entries[i]);
	}
	free(entries);
}
