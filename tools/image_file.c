/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image_file.h"

#include "err.h"
#include "names.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Splits PATH into a directory, opened, and the name in it. */
static int open_parent(struct image_file *file, const char *path, struct err *err)
{
	const char *base = names_base(path);
	cleanup_free char *parent = base == path ? strdup(".") : strndup(path, (size_t)(base - path));

	/* Room for the end of the partial name. */
	if (!names_is_plain(base) || strlen(base) > NAME_MAX - sizeof(".partial.XXXXXX"))
		return err_set(err, EINVAL, "not a name that a file can have");
	snprintf(file->final, sizeof(file->final), "%s", base);
	file->parent = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -ENOMEM;
	return file->parent < 0
		       ? err_errno(err, parent ? errno : ENOMEM, "open the directory that it goes to")
		       : 0;
}

/* Is DIRECTORY the directory TREE, or below it? */
static bool is_within(int directory, int tree)
{
	cleanup_fd int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	struct stat wanted, st, before = {0};

	if (fstat(tree, &wanted) < 0)
		return false;
	while (at >= 0 && fstat(at, &st) == 0) {
		int above;

		if (st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino)
			return true;
		if (st.st_dev == before.st_dev && st.st_ino == before.st_ino)
			return false; /* the root is above itself */
		before = st;
		above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close_keep_errno(&at);
		at = above;
	}
	return false;
}

static int look_at_place(struct image_file *file, bool replace, struct err *err)
{
	struct stat st;

	if (fstatat(file->parent, file->final, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "look at it");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EEXIST, "something else than a file is there: name another place");
	if (!replace)
		return err_set(err, EEXIST, "a file is there already: --force replaces it");
	file->replace = true;
	return 0;
}

/*
 * Who may write to the directory can put a link in the file's place, and programs that root fills it with would write where
 * that leads. So they get the file by our descriptor.
 */
static int make_partial(struct image_file *file, struct err *err)
{
	for (int i = 0; i < 100; i++) {
		unsigned int number;

		if (getentropy(&number, sizeof(number)) < 0)
			return err_errno(err, errno, "make a temporary file");
		snprintf(file->partial, sizeof(file->partial), "%.239s.partial.%06x", file->final,
			number & 0xffffff);
		file->fd = openat(file->parent, file->partial,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (file->fd >= 0) {
			snprintf(file->path, sizeof(file->path), "/proc/%d/fd/%d", getpid(), file->fd);
			return 0;
		}
		file->partial[0] = '\0'; /* not ours: nothing to remove */
		if (errno != EEXIST)
			return err_errno(err, errno, "make a temporary file beside it");
	}
	return err_errno(err, EEXIST, "make a temporary file beside it");
}

int image_file_begin(struct image_file *file, const char *path, bool replace, int tree, struct err *err)
{
	int rc = open_parent(file, path, err);

	if (rc == 0 && is_within(file->parent, tree))
		rc = err_set(err, EINVAL, "it would be in the tree itself: name another place");
	if (rc == 0)
		rc = look_at_place(file, replace, err);
	return rc == 0 ? make_partial(file, err) : rc;
}

/*
 * The mode whatever the umask, and root's group even where the directory hands down its own. A full disk shows at fsync
 * at the latest.
 */
static int finish(int fd, uint64_t *ret_size, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "look at it");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, EIO, "the program that makes it has left no file");
	if ((geteuid() == 0 && fchown(fd, 0, 0) < 0) || fchmod(fd, 0644) < 0 || fsync(fd) < 0)
		return err_errno(err, errno, "write it to disk");
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

/*
 * From here on the kernel refuses to write to the file, and to read what has been changed behind its back (5.4;
 * FS_IOC_ENABLE_VERITY needs a descriptor that is open for reading alone). EOPNOTSUPP: the file system could, and was made
 * without; ENOTTY: it cannot; EINVAL: not with these blocks, or this page size; ENOSYS: not this kernel.
 */
static int seal(int fd, bool *ret_verity, struct err *err)
{
	const struct fsverity_enable_arg argument = {
		.version = 1, .hash_algorithm = FS_VERITY_HASH_ALG_SHA256, .block_size = 4096};

	*ret_verity = ioctl(fd, FS_IOC_ENABLE_VERITY, &argument) == 0;
	if (*ret_verity || errno == EOPNOTSUPP || errno == ENOTTY || errno == EINVAL || errno == ENOSYS)
		return 0;
	return err_errno(err, errno, "seal it by fs-verity");
}

/* renameat2(2), Linux 3.15. Not every file system knows the flag: a file that came meanwhile is replaced there. */
static int take_place(const struct image_file *file)
{
	unsigned int flags = file->replace ? 0 : RENAME_NOREPLACE;

	if (syscall(SYS_renameat2, file->parent, file->partial, file->parent, file->final, flags) == 0)
		return 0;
	if (errno == EINVAL && flags && renameat(file->parent, file->partial, file->parent, file->final) == 0)
		return 0;
	return -errno;
}

/* For reading alone: a file that is open for writing cannot be sealed. */
static int open_again(struct image_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close_keep_errno(&file->fd);
	return fd;
}

static bool has_its_name(const struct image_file *file, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 &&
	       fstatat(file->parent, file->partial, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

int image_file_commit(struct image_file *file, uint64_t *ret_size, bool *ret_verity, struct err *err)
{
	cleanup_fd int fd = open_again(file);
	uint64_t size = 0;
	bool verity = false;
	int rc = fd < 0 ? err_errno(err, errno, "open it") : finish(fd, &size, err);

	if (rc == 0)
		rc = seal(fd, &verity, err);
	if (rc == 0 && !has_its_name(file, fd))
		rc = err_set(err, ESTALE, "something else was put in the place of the unfinished file");
	if (rc < 0)
		return rc;
	rc = take_place(file);
	if (rc < 0)
		return err_errno(err, -rc, "put the finished image in its place");
	file->partial[0] = '\0';
	(void)fsync(file->parent); /* not every file system does that for a directory */
	*ret_size = size;
	*ret_verity = verity;
	return 0;
}

void image_file_discard(struct image_file *file)
{
	int saved = errno;

	if (file->partial[0])
		(void)unlinkat(file->parent, file->partial, 0);
	file->partial[0] = '\0';
	close_keep_errno(&file->fd);
	close_keep_errno(&file->parent);
	errno = saved;
}
