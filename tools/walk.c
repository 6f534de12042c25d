/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "walk.h"

#include "err.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <string.h>

enum { DEPTH_LIMIT = 128 };

struct walk {
	walk_visitor *visit;
	void *context;
};

static int walk_directory(const struct walk *walk, int dirfd, const char *path, int depth, struct err *err);

static int walk_entry(
	const struct walk *walk, int dirfd, const char *path, const char *name, int depth, struct err *err)
{
	cleanup_free char *full = util_printf("%s%s%s", path, *path ? "/" : "", name);
	cleanup_fd int below = FD_NONE;
	struct stat st;
	int rc;

	if (!full)
		return err_errno(err, ENOMEM, "%s", name);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "look at %s", full);
	rc = walk->visit(full, &st, walk->context, err);
	if (rc < 0 || !S_ISDIR(st.st_mode))
		return rc;
	below = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return below < 0 ? err_errno(err, errno, "open %s", full)
			 : walk_directory(walk, below, full, depth + 1, err);
}

static int walk_directory(const struct walk *walk, int dirfd, const char *path, int depth, struct err *err)
{
	struct dirent **entries = NULL;
	int count = depth > DEPTH_LIMIT ? -1 : io_scan(dirfd, &entries, NULL), rc = 0;

	if (count < 0)
		return err_errno(err, depth > DEPTH_LIMIT ? ELOOP : errno, "read %s", *path ? path : "it");
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (rc == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			rc = walk_entry(walk, dirfd, path, name, depth, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int walk(int dirfd, walk_visitor *visit, void *context, struct err *err)
{
	const struct walk work = {visit, context};

	return walk_directory(&work, dirfd, "", 0, err);
}
