/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include "err.h"
#include "io.h"
#include "names.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The mode whatever the umask, and root's group even where the directory above hands down its own. */
static int set_owner_and_mode(int fd, mode_t mode)
{
	if (geteuid() == 0 && fchown(fd, 0, 0) < 0)
		return -errno;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int make_one(const struct tree *tree, const char *name)
{
	cleanup_fd int fd = FD_NONE;

	if (mkdirat(tree->fd, name, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	fd = openat(tree->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : set_owner_and_mode(fd, 0755);
}

/* The directory of NAME, if it is not the tree itself. */
static int make_above(const struct tree *tree, const char *name, struct err *err)
{
	cleanup_free char *path = strdup(name);
	int rc = path ? 0 : -ENOMEM;

	for (char *slash = path ? strchr(path, '/') : NULL; slash && rc == 0;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = make_one(tree, path);
		*slash = '/';
	}
	return rc < 0 ? err_errno(err, -rc, "make the directory of %s", name) : 0;
}

int tree_make_directory(const struct tree *tree, const char *name, struct err *err)
{
	int rc = make_above(tree, name, err);

	if (rc < 0)
		return rc;
	rc = make_one(tree, name);
	return rc < 0 ? err_errno(err, -rc, "make %s", name) : 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* -ETXTBSY: there are more than SIZE bytes. Who writes to the file could fill our disk. */
static int copy_content(int from, int to, off_t size)
{
	char block[65536];

	while (size >= 0) {
		ssize_t got = read(from, block, sizeof(block));
		int rc;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		rc = io_write_all(to, block, (size_t)got);
		if (rc < 0)
			return rc;
		size -= got;
	}
	return -ETXTBSY;
}

static int new_file(const struct tree *tree, const char *name, struct err *err)
{
	int fd, rc = make_above(tree, name, err);

	if (rc < 0)
		return rc;
	fd = openat(tree->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? err_errno(err, errno, "write %s", name) : fd;
}

int tree_copy_from(const struct tree *tree, const struct tree_source *source, const char *text, size_t length,
	const char *name, mode_t mode, struct err *err)
{
	cleanup_fd int from = root_open_file(source->root, source->path, O_RDONLY);
	cleanup_fd int to = FD_NONE;
	struct stat st;
	int rc;

	if (from < 0)
		return err_errno(err, -from, "open %s", source->path);
	if (fstat(from, &st) < 0)
		return err_errno(err, errno, "stat %s", source->path);
	if (!same_file(&st, source->stat))
		return err_set(err, ESTALE, "%s changed while the tree was built: try again", source->path);
	to = new_file(tree, name, err);
	if (to < 0)
		return to;
	rc = text ? io_write_all(to, text, strlen(text)) : 0;
	if (rc == 0 && lseek(from, (off_t)length, SEEK_SET) < 0)
		rc = -errno;
	if (rc == 0)
		rc = copy_content(from, to, st.st_size);
	if (rc == 0)
		rc = set_owner_and_mode(to, mode);
	return rc < 0 ? err_errno(err, -rc, "copy %s to %s", source->path, name) : 0;
}

int tree_copy(const struct tree *tree, const struct tree_source *source, const char *name, mode_t mode,
	struct err *err)
{
	return tree_copy_from(tree, source, NULL, 0, name, mode, err);
}

int tree_set_time(const struct tree *tree, const char *name, const struct timespec *time, struct err *err)
{
	const struct timespec times[] = {*time, *time};

	if (utimensat(tree->fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "set the time of %s", name);
	return 0;
}

int tree_link(const struct tree *tree, const char *target, const char *name, struct err *err)
{
	int rc = make_above(tree, name, err);

	if (rc < 0)
		return rc;
	if (symlinkat(target, tree->fd, name) < 0)
		return err_errno(err, errno, "link %s", name);
	return tree_set_time(tree, name, &(struct timespec){0}, err);
}

int tree_write(const struct tree *tree, const char *name, mode_t mode, const char *text, size_t length,
	struct err *err)
{
	cleanup_fd int fd = new_file(tree, name, err);
	int rc = fd < 0 ? fd : io_write_all(fd, text, length);

	if (fd < 0)
		return fd;
	if (rc == 0)
		rc = set_owner_and_mode(fd, mode);
	return rc < 0 ? err_errno(err, -rc, "write %s", name)
		      : tree_set_time(tree, name, &(struct timespec){0}, err);
}

/* syncfs: a full disk shows here at the latest, and no half-written file is there after a power failure. */
static int finish_files(const struct tree *tree, struct err *err)
{
	int rc = set_owner_and_mode(tree->fd, 0755);

	if (rc == 0 && syncfs(tree->fd) < 0)
		rc = -errno;
	return rc < 0 ? err_errno(err, -rc, "write to disk") : 0;
}

/* The old tree, or what was put in its place since we looked, has the partial name after the exchange. The new one stands, whatever becomes of the old. */
static void remove_replaced(struct tree *tree, char **ret_leftover)
{
	if (!tree_may_go(tree->parent, tree->partial) || tree_remove(tree->parent, tree->partial) < 0)
		*ret_leftover = strdup(tree->partial);
}

/* renameat2(2), Linux 3.15: readers see the old tree or the new one, never none. Not every C
 * library has a name for it. */
static int take_place(const struct tree *tree)
{
	unsigned int flags = tree->replace ? RENAME_EXCHANGE : 0;

	/* Without the flag it takes the place of an empty directory, and refuses to take that of a filled one. */
	return syscall(SYS_renameat2, tree->parent, tree->partial, tree->parent, tree->final, flags) < 0
		       ? -errno
		       : 0;
}

int tree_commit(struct tree *tree, char **ret_leftover, struct err *err)
{
	int rc = finish_files(tree, err);

	if (rc < 0)
		return rc;
	rc = take_place(tree);
	if (rc < 0)
		return err_errno(err, -rc, "put the finished tree in its place");
	if (tree->replace)
		remove_replaced(tree, ret_leftover);
	tree->partial[0] = '\0';
	return 0;
}

void tree_discard(struct tree *tree)
{
	int saved = errno;

	if (tree->partial[0])
		(void)tree_remove(tree->parent, tree->partial);
	close_keep_errno(&tree->fd);
	close_keep_errno(&tree->parent);
	free_keep_errno(&tree->path);
	*tree = TREE_NONE;
	errno = saved;
}
