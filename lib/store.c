/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "path.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void on_alarm(int signal)
{
	(void)signal;
}

/* Takes one byte of the lock file, the open file description's own lock: it goes with the last descriptor of it. */
static int lock_byte(int fd, off_t byte, struct err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
	struct sigaction action = {.sa_handler = on_alarm}, old; /* no SA_RESTART: the alarm ends the wait */
	sigset_t set, blocked;
	int rc = fcntl(fd, F_OFD_SETLK, &lock);

	if (rc == 0)
		return 0;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &action, &old);
	sigprocmask(SIG_UNBLOCK, &set, &blocked); /* crun starts hooks with all signals blocked (1.8.1) */
	alarm(STORE_LOCK_SECONDS);
	rc = fcntl(fd, F_OFD_SETLKW, &lock) < 0 ? -errno : 0;
	alarm(0);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	sigaction(SIGALRM, &old, NULL);
	if (rc == -EINTR)
		return err_set(err, EBUSY,
			"another process of oci-crashcart has held its lock for %d seconds",
			STORE_LOCK_SECONDS);
	return rc < 0 ? err_errno(err, -rc, "lock the state directory") : 0;
}

/* Byte 0 is for making the state directory; a container has one of the others, by the FNV-1a hash of its id. */
static off_t byte_of(const char *id)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 0x100000001b3;
	return (off_t)(hash >> 2) + 1;
}

int store_lock(struct store *store, const char *id, struct err *err)
{
	int rc = lock_byte(store->lock, byte_of(id), err);

	if (rc == 0)
		store->locked_by = getpid();
	return rc;
}

bool store_try_lock(struct store *store, const char *id)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte_of(id), .l_len = 1};

	if (fcntl(store->lock, F_OFD_SETLK, &lock) < 0)
		return false;
	store->locked_by = getpid();
	return true;
}

bool store_try_lock_rest(const struct store *store)
{
	struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1};

	return fcntl(store->lock, F_OFD_SETLK, &all) == 0;
}

void store_unlock_rest(const struct store *store, const char *id)
{
	off_t own = byte_of(id);
	struct flock before = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 1, .l_len = own - 1};
	struct flock behind = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = own + 1};

	if (own > 1) /* a length of 0 would mean all */
		(void)fcntl(store->lock, F_OFD_SETLK, &before);
	(void)fcntl(store->lock, F_OFD_SETLK, &behind);
}

void store_mark(const struct store *store, const char *id)
{
	int fd = openat(store->pending, id, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	close_keep_errno(&fd); /* without a mark, --gc still finds it */
}

void store_unmark(const struct store *store, const char *id)
{
	unlinkat(store->pending, id, 0);
}

void store_unlock(struct store *store)
{
	struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_start = 1};

	if (store->locked_by == getpid())
		(void)fcntl(store->lock, F_OFD_SETLK, &unlock);
	store->locked_by = 0;
}

/* The masters' tmpfs is there when something is mounted on ctr/. */
static int open_masters(struct store *store)
{
	cleanup_fd int fd = openat(store->dir, "ctr", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct mnt_identity identity;
	int rc;

	if (fd < 0)
		return -errno;
	rc = mnt_identify(fd, NULL, &identity);
	if (rc < 0)
		return rc;
	if (!identity.is_mount_root)
		return -ESTALE;
	store->ctr = TAKE_FD(fd);
	return 0;
}

static int open_place(const struct store *store, const char *name, int *ret)
{
	int fd = openat(store->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close_keep_errno(ret);
	*ret = fd;
	return 0;
}

static int open_all(struct store *store)
{
	int rc = open_place(store, "rec", &store->records);

	if (rc == 0)
		rc = open_place(store, "sessions", &store->sessions);
	if (rc == 0)
		rc = open_place(store, "pending", &store->pending);
	if (rc == 0)
		rc = open_place(store, "empty", &store->empty);
	if (rc == 0)
		rc = open_masters(store);
	return rc;
}

static int make_masters(struct store *store, struct err *err)
{
	cleanup_fd int place = FD_NONE, mount = FD_NONE;
	char size[16], inodes[16];
	int rc = path_make_directory(store->dir, "ctr", 0711, &place, err);

	if (rc < 0)
		return rc;
	/* A master is one inode; the rest is all that hostile containers can use up. */
	snprintf(size, sizeof(size), "%d", MASTERS_SIZE_LIMIT);
	snprintf(inodes, sizeof(inodes), "%d", MASTERS_INODE_LIMIT);
	mount = mnt_new_tmpfs(size, inodes, err);
	if (mount < 0)
		return mount;
	return mnt_attach(mount, place, err);
}

static int make_place(
	const struct store *store, const char *name, unsigned int mode, int *ret, struct err *err)
{
	close_keep_errno(ret);
	return path_make_directory(store->dir, name, mode, ret, err);
}

/* Under byte 0: whoever waited for it finds all made. */
static int make_all(struct store *store, struct err *err)
{
	struct flock unlock = {.l_type = F_UNLCK, .l_whence = SEEK_SET, .l_len = 1};
	int rc = lock_byte(store->lock, 0, err);

	if (rc < 0)
		return rc;
	rc = make_place(store, "rec", 0700, &store->records, err);
	if (rc == 0)
		rc = make_place(store, "sessions", 0700, &store->sessions, err);
	if (rc == 0)
		rc = make_place(store, "pending", 0700, &store->pending, err);
	if (rc == 0)
		rc = make_place(store, "empty", 0555, &store->empty, err);
	if (rc == 0 && open_masters(store) < 0) {
		rc = make_masters(store, err);
		if (rc == 0 && (rc = open_masters(store)) < 0)
			err_errno(err, -rc, "open ctr");
	}
	(void)fcntl(store->lock, F_OFD_SETLK, &unlock);
	return rc;
}

static int open_directory(const char *path, bool create, int *ret, struct err *err)
{
	cleanup_fd int fd = FD_NONE;

	if (path[0] != '/')
		return err_set(err, EINVAL, "not an absolute path");
	if (create)
		(void)path_make_directory(AT_FDCWD, path, 0711, &fd, err);
	if (fd < 0)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "open");
	if (path_check_trusted(fd, "the directory", err) < 0)
		return -EPERM;
	*ret = TAKE_FD(fd);
	return 0;
}

int store_open(const char *path, bool create, struct store *ret, struct err *err)
{
	cleanup_store struct store store = STORE_NONE;
	int rc = open_directory(path, create, &store.dir, err);

	if (rc < 0)
		return err_prefix(err, "state directory %s", path);
	store.lock =
		openat(store.dir, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
	if (store.lock < 0)
		return err_errno(err, errno, "state directory %s: lock", path);
	rc = open_all(&store);
	if (rc == -ESTALE && !create)
		return err_set(err, ESTALE,
			"state directory %s: nothing is mounted at ctr/ any more: containers that run cannot "
			"be reached; "
			"those that start from now on can",
			path);
	if (rc < 0 && !create)
		return err_errno(err, -rc, "state directory %s", path);
	if (rc < 0 && make_all(&store, err) < 0)
		return err_prefix(err, "state directory %s", path);
	*ret = store;
	store = STORE_NONE;
	return 0;
}

void store_close(struct store *store)
{
	close_keep_errno(&store->dir);
	close_keep_errno(&store->ctr);
	close_keep_errno(&store->records);
	close_keep_errno(&store->sessions);
	close_keep_errno(&store->pending);
	close_keep_errno(&store->empty);
	close_keep_errno(&store->lock);
}

uint64_t store_masters(const struct store *store)
{
	struct mnt_identity identity;

	return mnt_identify(store->ctr, NULL, &identity) == 0 ? identity.device : 0;
}

int store_master(const struct store *store, const char *id, bool create, int *ret_fd, bool *ret_attached,
	struct err *err)
{
	cleanup_fd int fd = FD_NONE;
	struct mnt_identity identity;
	int rc;

	if (create && mkdirat(store->ctr, id, 0555) < 0 && errno != EEXIST)
		return err_errno(err, errno, "make the master directory");
	fd = openat(store->ctr, id, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "open the master directory");
	rc = mnt_identify(fd, NULL, &identity);
	if (rc < 0)
		return err_errno(err, -rc, "look at the master directory");
	*ret_attached = identity.is_mount_root;
	*ret_fd = TAKE_FD(fd);
	return 0;
}
