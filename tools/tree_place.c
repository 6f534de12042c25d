/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "manifest.h"
#include "names.h"
#include "tree.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_LIMIT = 128 };

static int remove_below(int parent, const char *name, dev_t device, int depth);

static DIR *open_directory(int dirfd, const char *name, dev_t device)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *directory;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (device && st.st_dev != device) {
		errno = EXDEV;
		return NULL;
	}
	directory = fdopendir(fd);
	if (directory)
		fd = FD_NONE;
	return directory;
}

static int remove_entries(DIR *directory, int depth)
{
	struct dirent *entry;
	struct stat st;
	int rc = 0;

	if (fstat(dirfd(directory), &st) < 0)
		return -errno;
	while (rc == 0 && (errno = 0, entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = remove_below(dirfd(directory), entry->d_name, st.st_dev, depth + 1);
	return rc == 0 && errno ? -errno : rc;
}

static int remove_below(int parent, const char *name, dev_t device, int depth)
{
	DIR *directory;
	int rc;

	if (unlinkat(parent, name, 0) == 0)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return -errno;
	if (depth > DEPTH_LIMIT)
		return -ELOOP;
	directory = open_directory(parent, name, device);
	if (!directory)
		return -errno;
	rc = remove_entries(directory, depth);
	closedir(directory);
	if (rc == 0 && unlinkat(parent, name, AT_REMOVEDIR) < 0)
		rc = -errno;
	return rc;
}

int tree_remove(int dirfd, const char *name)
{
	return remove_below(dirfd, name, 0, 0);
}

static bool is_empty(DIR *directory)
{
	struct dirent *entry;

	while ((entry = readdir(directory)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return true;
}

bool tree_may_go(int dirfd, const char *name)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && manifest_is_ours(fd);
}

/* What is at the final place now: nothing, an empty directory, or a tree that may go. */
static int look_at_place(struct tree *tree, bool force, struct err *err)
{
	DIR *directory = open_directory(tree->parent, tree->final, 0);
	bool empty, ours;

	if (!directory && errno == ENOENT)
		return 0;
	if (!directory)
		return err_errno(err, errno, "the output has to be a directory");
	empty = is_empty(directory);
	ours = !empty && manifest_is_ours(dirfd(directory));
	closedir(directory);
	if (empty)
		return 0;
	if (!ours)
		return err_set(err, EEXIST,
			"not empty, and not a tree of dbg-tools: empty it, or name another "
			"directory");
	if (!force)
		return err_set(err, EEXIST, "a tree is there already: --force replaces it");
	tree->replace = true;
	return 0;
}

/* As mkdir -p: PATH is changed while it runs, and whole again at the end. */
static int make_parents(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdir(path, 0755) < 0 && errno != EEXIST ? -errno : 0;
		if (rc < 0)
			err_errno(err, -rc, "make the directory %s", path);
		*slash = '/';
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Splits PATH into a directory, opened, and the name in it. */
static int open_parent(struct tree *tree, bool with_parents, struct err *err)
{
	size_t length = strlen(tree->path);
	const char *base;
	int rc = 0;

	while (length > 1 && tree->path[length - 1] == '/')
		tree->path[--length] = '\0';
	base = names_base(tree->path);
	/* Room for the end of the partial name. */
	if (!names_is_plain(base) || strlen(base) > NAME_MAX - sizeof(".partial.XXXXXX"))
		return err_set(err, EINVAL, "not a name that a tree can have");
	snprintf(tree->final, sizeof(tree->final), "%s", base);
	if (with_parents)
		rc = make_parents(tree->path, err);
	if (rc == 0 && base != tree->path) {
		cleanup_free char *parent = strndup(tree->path, (size_t)(base - tree->path));

		tree->parent = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -ENOMEM;
	} else if (rc == 0) {
		tree->parent = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (rc == 0 && tree->parent < 0)
		rc = err_errno(err, errno, "open the directory above it");
	return rc;
}

/* mkdtemp with a descriptor in place of a path. Until it is finished, the directory is its owner's alone. */
static int make_partial(struct tree *tree, struct err *err)
{
	for (int i = 0; i < 100; i++) {
		unsigned int number;

		if (getentropy(&number, sizeof(number)) < 0)
			return err_errno(err, errno, "make a temporary directory");
		snprintf(tree->partial, sizeof(tree->partial), "%.239s.partial.%06x", tree->final,
			number & 0xffffff);
		if (mkdirat(tree->parent, tree->partial, 0700) == 0)
			return 0;
		tree->partial[0] = '\0'; /* not ours: nothing to remove */
		if (errno != EEXIST)
			return err_errno(err, errno, "make a temporary directory beside it");
	}
	return err_errno(err, EEXIST, "make a temporary directory beside it");
}

/*
 * Who owns the directory above can put one of his own in the place of ours before we have it open, with links in it that lead
 * elsewhere. Once it is open nobody else can write below it.
 */
static int open_partial(struct tree *tree, struct err *err)
{
	struct stat st;

	tree->fd = openat(tree->parent, tree->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tree->fd < 0 || fstat(tree->fd, &st) < 0)
		return err_errno(err, errno, "open the temporary directory");
	if (st.st_uid == geteuid() && (st.st_mode & 0777) == 0700)
		return 0;
	tree->partial[0] = '\0'; /* not ours: nothing to remove */
	return err_set(err, EPERM, "something else was put in the place of the temporary directory");
}

int tree_begin(struct tree *tree, const char *path, bool force, bool with_parents, struct err *err)
{
	int rc;

	tree->path = strdup(path);
	if (!tree->path)
		return err_errno(err, ENOMEM, "output");
	rc = open_parent(tree, with_parents, err);
	if (rc == 0)
		rc = look_at_place(tree, force, err);
	if (rc == 0)
		rc = make_partial(tree, err);
	return rc == 0 ? open_partial(tree, err) : rc;
}
