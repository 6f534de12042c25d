/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "provision.h"

#include "err.h"
#include "ns.h"
#include "path.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { DIRECTORY = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* All that is held open while one container is worked on. */
struct work {
	struct store *store;
	const struct target *target;
	const struct provision_view *view;
	const char *id;
	int master;     /* the master directory, or what is attached on it */
	int dev, point; /* the container's /dev and /dev/crashcart */
	struct plan_facts facts;
};

static void work_close(struct work *work)
{
	close_keep_errno(&work->master);
	close_keep_errno(&work->dev);
	close_keep_errno(&work->point);
}

void provision_view_close(struct provision_view *view)
{
	close_keep_errno(&view->root);
}

/* Before the pivot the process's root is a copy of ours: another mount, the same directory. */
static bool is_our_root(int root)
{
	struct mnt_identity theirs, ours;

	return mnt_identify(root, NULL, &theirs) == 0 && mnt_identify(AT_FDCWD, "/", &ours) == 0 &&
	       theirs.device == ours.device && theirs.inode == ours.inode;
}

bool provision_is_pivoted(const struct target *target)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return root >= 0 && !is_our_root(root);
}

int provision_look(
	const struct target *target, const char *root_path, struct provision_view *ret, struct err *err)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return err_errno(err, errno, "open the root directory of process %d", target->pid);
	ret->pivoted = !is_our_root(root);
	if (!ret->pivoted) {
		int inner;

		if (!root_path)
			return err_set(err, EINVAL,
				"neither the state nor config.json tells where the root file system is");
		inner = path_open_in_root(root, root_path, O_PATH | O_DIRECTORY);
		if (inner < 0)
			return err_errno(err, -inner, "open the root file system %s", root_path);
		close_keep_errno(&root);
		root = inner;
	}
	ret->root = TAKE_FD(root);
	return 0;
}

/* What our own table says: the masters' peer group, and whether DEV, the container's /dev, is known here too. */
static int look_at_host(struct work *work, const struct mount_entry *dev, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mnt_identity masters;
	struct mount_entry entry;
	char *cursor;
	int rc = self < 0 ? err_errno(err, errno, "open /proc/self") : target_read_mounts(self, &table, err);

	if (rc < 0)
		return rc;
	rc = mnt_identify(work->store->ctr, NULL, &masters);
	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	work->facts.masters_device = masters.device;
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if ((unsigned long long)entry.id == masters.mount)
			work->facts.masters_group = entry.shared;
		if ((dev->shared && (entry.shared == dev->shared || entry.master == dev->shared)) ||
			(entry.major == dev->major && entry.minor == dev->minor))
			work->facts.dev_is_on_host = true;
	}
	return 0;
}

static void open_dev(struct work *work)
{
	struct plan_facts *facts = &work->facts;
	int rc = path_open_beneath(work->view->root, "dev", DIRECTORY);

	if (rc >= 0)
		rc = mnt_identify(work->dev = rc, NULL, &facts->dev);
	facts->dev_error = rc < 0 ? -rc : 0;
}

/* Opens /dev/crashcart as it is now; absent is a fact, no error. */
static void open_point(struct work *work)
{
	struct plan_facts *facts = &work->facts;
	int rc = path_open_beneath(work->dev, "crashcart", DIRECTORY);

	close_keep_errno(&work->point);
	facts->point_error = 0;
	if (rc >= 0)
		rc = mnt_identify(work->point = rc, NULL, &facts->point);
	if (rc < 0)
		facts->point_error = -rc;
}

static dev_t device_of(int fd, const char *name)
{
	struct mnt_identity identity;

	return mnt_identify(fd, name, &identity) == 0 ? identity.device : 0;
}

/* Decides, on descriptors that stay open: what was looked at is what is acted on. */
static int look(struct work *work, struct plan *ret, struct err *err)
{
	struct plan_facts *facts = &work->facts;
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mount_entry dev = {0}, point;
	int rc = target_read_mounts(work->target->proc, &table, err);
	char *copy;

	if (rc < 0)
		return rc;
	facts->id = work->id;
	facts->own_mount_namespace = self >= 0 && !ns_is_same(self, work->target->proc, CLONE_NEWNS);
	facts->host_dev = device_of(AT_FDCWD, "/dev");
	rc = mnt_identify(work->view->root, NULL, &facts->root);
	if (rc < 0)
		return err_errno(err, -rc, "look at the container's root");
	open_dev(work);
	if (!facts->dev_error)
		open_point(work);
	copy = strdup(table);
	if (!copy)
		return err_errno(err, ENOMEM, "look at the container's mounts");
	if (mountinfo_find(copy, facts->dev.mount, &dev))
		facts->dev_is_whole = strcmp(dev.root, "/") == 0;
	rc = look_at_host(work, &dev, err);
	free(copy);
	if (rc < 0)
		return rc;
	if (facts->point.is_mount_root && mountinfo_find(table, facts->point.mount, &point))
		facts->mount = &point;
	*ret = plan_mount(facts);
	facts->mount = NULL;
	return 0;
}

/*
 * Makes /dev/crashcart as the owner of the container's /dev: in a user namespace's tmpfs the host's root is
 * nobody, and its mkdir fails with EOVERFLOW. The file system uid is the thread's alone, and changes no other
 * right.
 */
static int make_point(struct work *work, struct err *err)
{
	const struct mnt_identity *dev = &work->facts.dev;
	int number = 0;

	setfsgid(dev->gid);
	setfsuid(dev->uid);
	if (mkdirat(work->dev, "crashcart", 0755) < 0 && errno != EEXIST)
		number = errno;
	setfsuid(geteuid());
	setfsgid(getegid());
	if (number)
		return err_errno(err, number, "make the directory /dev/crashcart in the container");
	open_point(work);
	if (work->facts.point_error)
		return err_errno(err, work->facts.point_error, "open /dev/crashcart in the container");
	return 0;
}

/* In the container's mount namespace: takes what is of no use off the directory, then attaches CLONE on it. */
static int attach_inside(struct work *work, int clone, bool replace, struct err *err)
{
	int rc;

	if (replace) {
		rc = mnt_detach_here(work->point, err);
		if (rc < 0)
			return rc;
		open_point(work);
		if (work->facts.point_error || work->facts.point.is_mount_root)
			return err_set(err, EBUSY, "/dev/crashcart is still covered in the container");
	}
	return mnt_attach(clone, work->point, err);
}

static int place(struct work *work, int clone, bool replace, struct err *err)
{
	cleanup_home struct ns_home home = {FD_NONE, FD_NONE};
	int rc = ns_home_open(&home, err);

	if (rc < 0)
		return rc;
	if (work->facts.point_error == ENOENT && (rc = make_point(work, err)) < 0)
		return rc;
	rc = ns_enter(work->target->pidfd, CLONE_NEWNS, err);
	if (rc < 0)
		return rc;
	rc = attach_inside(work, clone, replace, err);
	if (ns_home_return(&home, err) < 0)
		return -ENOTRECOVERABLE;
	return rc;
}

/* The mount whose root MOUNT is has to be a slave of the masters' group, seen in the container's own table. */
static int prove(const struct work *work, int mount, struct err *err)
{
	cleanup_free char *table = NULL;
	struct mnt_identity identity;
	struct mount_entry entry;
	const char *wrong = "the container's mount table does not show the mount";
	int rc = mnt_identify(mount, NULL, &identity);

	if (rc < 0)
		return err_errno(err, -rc, "look at the new mount");
	rc = target_read_mounts(work->target->proc, &table, err);
	if (rc < 0)
		return rc;
	if (mountinfo_find(table, identity.mount, &entry))
		wrong = plan_unproven(&entry, work->facts.masters_group);
	return wrong ? err_set(err, EPROTO, "not proved: %s", wrong) : 0;
}

/* A slave of the masters' whole tmpfs: a source for mnt_tie also while tools are attached to the master. */
static int tie(struct work *work, struct err *err)
{
	cleanup_fd int clone = mnt_clone_slave(work->store->ctr, err);

	if (clone < 0)
		return clone;
	return mnt_tie(clone, work->point, err);
}

static int perform(struct work *work, enum plan_verb verb, struct err *err)
{
	cleanup_fd int clone = FD_NONE;
	int rc;

	if (verb == PLAN_TIE && tie(work, ERR_IGNORED) == 0)
		return prove(work, work->point, err);
	clone = mnt_clone_slave(work->master, err); /* also where the kernel cannot tie (before 5.15) */
	if (clone < 0)
		return clone;
	rc = place(work, clone, verb != PLAN_PLACE, err);
	return rc < 0 ? rc : prove(work, clone, err);
}

/*
 * The record of this start; what an earlier start of the same container has left goes first. Two containers of one id
 * (of runtimes with different roots) cannot both have a master: the first keeps it.
 */
static int ensure_record(struct store *store, const struct record *record, struct err *err)
{
	struct record old = RECORD_NONE;
	bool known = record_read(store->records, record->id, &old, ERR_IGNORED) == 0;
	bool same = known && old.pid == record->pid && old.start_time == record->start_time;
	bool same_place = same && old.masters == record->masters;
	bool alive = known && !target_is_gone(old.pid, old.start_time, old.pid_namespace);
	int rc = 0;

	record_release(&old);
	if (same)
		return same_place ? 0 : record_write(store->records, record, err);
	if (alive)
		return err_set(err, EEXIST, "another container of this id runs already");
	rc = store_remove(store, record->id, err);
	store_mark(store, record->id);
	return rc < 0 ? rc : record_write(store->records, record, err);
}

static int provision_locked(struct work *work, struct plan *ret, struct err *err)
{
	bool attached = false;
	int rc;

	if (store_master(work->store, work->id, false, &work->master, &attached, ERR_IGNORED) == 0 &&
		attached)
		work->facts.tools_device = device_of(work->master, NULL);
	rc = look(work, ret, err);
	if (rc < 0 || ret->verb == PLAN_SKIP || ret->verb == PLAN_LEAVE)
		return rc;
	close_keep_errno(&work->master);
	rc = store_master(work->store, work->id, true, &work->master, &attached, err);
	return rc < 0 ? rc : perform(work, ret->verb, err);
}

int provision(struct store *store, const struct record *record, const struct target *target,
	const struct provision_view *view, struct plan *ret, struct err *err)
{
	struct work work = {
		.store = store,
		.target = target,
		.view = view,
		.id = record->id,
		.master = FD_NONE,
		.dev = FD_NONE,
		.point = FD_NONE,
	};
	int rc = store_lock(store, record->id, err);

	if (rc < 0)
		return rc;
	rc = ensure_record(store, record, err);
	if (rc == 0)
		rc = provision_locked(&work, ret, err);
	if (rc == 0 && view->pivoted)
		store_unmark(store, record->id);
	work_close(&work);
	store_unlock(store);
	return rc;
}
