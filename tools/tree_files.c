/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree_files.h"

#include "err.h"
#include "json.h"
#include "run.h"
#include "tree.h"
#include "util.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct collection {
	const struct tree *tree;
	int cancel;
	struct tree_files *files;
};

static int add(const char *path, const struct stat *st, const struct collection *collection, struct err *err)
{
	struct tree_files *files = collection->files;
	struct tree_file file = {.size = st->st_size, .mode = st->st_mode & 07777}, *bigger;
	cleanup_fd int fd = openat(collection->tree->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -errno : hash_file(fd, st->st_size, file.hash);

	if (rc < 0)
		return err_errno(err, -rc, "read %s", path);
	if ((files->count & 255) == 0) {
		bigger = reallocarray(files->item, files->count + 256, sizeof(file));
		if (!bigger)
			return err_errno(err, ENOMEM, "%s", path);
		files->item = bigger;
	}
	file.path = strdup(path);
	if (!file.path)
		return err_errno(err, ENOMEM, "%s", path);
	files->item[files->count++] = file;
	return 0;
}

static int visit(const char *path, const struct stat *st, void *context, struct err *err)
{
	const struct collection *collection = context;

	if (run_cancelled(collection->cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (!json_can_hold(path))
		return err_set(err, EILSEQ, "%s: a name that is no UTF-8 cannot be in a manifest", path);
	return S_ISREG(st->st_mode) ? add(path, st, collection, err) : 0;
}

static int reset_time(const char *path, const struct stat *st, void *context, struct err *err)
{
	return S_ISDIR(st->st_mode) ? tree_set_time(context, path, &(struct timespec){0}, err) : 0;
}

static int by_content(const void *left, const void *right)
{
	const struct tree_file *one = left, *other = right;
	int order = strcmp(one->hash, other->hash);

	if (order == 0)
		order = (one->mode > other->mode) - (one->mode < other->mode);
	return order ? order : strcmp(one->path, other->path);
}

static int by_path(const void *left, const void *right)
{
	return strcmp(((const struct tree_file *)left)->path, ((const struct tree_file *)right)->path);
}

/* The first name stays; a file that is half a link is never seen, since nobody sees this tree yet. */
static int unite(const struct tree *tree, const char *first, const char *path, struct err *err)
{
	if (unlinkat(tree->fd, path, 0) < 0 || linkat(tree->fd, first, tree->fd, path, 0) < 0)
		return err_errno(err, errno, "link %s to %s", path, first);
	return 0;
}

/* Some file systems allow few links to a file: then the next is a file of its own again. */
static int unite_equal(const struct tree *tree, struct tree_files *files, struct err *err)
{
	const struct tree_file *first = NULL;

	qsort(files->item, files->count, sizeof(*files->item), by_content);
	for (size_t i = 0; i < files->count; i++) {
		struct tree_file *file = &files->item[i];
		bool equal = first && first->mode == file->mode && strcmp(first->hash, file->hash) == 0;
		struct stat st;

		if (!equal || fstatat(tree->fd, first->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_nlink >= 32000)
			first = file;
		else if (unite(tree, first->path, file->path, err) < 0)
			return -err->number;
	}
	qsort(files->item, files->count, sizeof(*files->item), by_path);
	return 0;
}

int tree_files_collect(struct tree *tree, int cancel, struct tree_files *ret, struct err *err)
{
	struct tree_files files = {0};
	struct collection collection = {tree, cancel, &files};
	int rc = walk(tree->fd, visit, &collection, err);

	if (rc == 0 && files.count)
		rc = unite_equal(tree, &files, err);
	if (rc == 0)
		rc = walk(tree->fd, reset_time, tree, err);
	if (rc < 0)
		tree_files_free(&files);
	else
		*ret = files;
	return rc;
}

void tree_files_free(struct tree_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free_keep_errno(&files->item[i].path);
	free_keep_errno(&files->item);
	files->count = 0;
}
