/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "provision.h"

#include "created.h"
#include "err.h"
#include "ns.h"
#include "path.h"
#include "pending.h"
#include "place.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* All that is held open while one container is worked on. */
struct work {
	struct store *store;
	const struct target *target;
	const struct provision_view *view;
	const char *id;
	struct record record; /* of this start; its texts are borrowed */
	bool is_written;      /* as it is */
	int master;           /* the master directory, or what is attached on it */
	struct place place;
};

static void work_close(struct work *work)
{
	close_keep_errno(&work->master);
	place_close(&work->place);
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

int provision_look(const struct target *target, struct provision_view *ret, struct err *err)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return err_errno(err, errno, "open the root directory of process %d", target->pid);
	ret->pivoted = !is_our_root(root);
	ret->root = TAKE_FD(root);
	return 0;
}

int provision_find_root(struct provision_view *view, const char *root_path, struct err *err)
{
	int root;

	if (view->pivoted)
		return 0;
	if (!root_path)
		return err_set(
			err, EINVAL, "neither the state nor config.json tells where the root file system is");
	root = path_open_in_root(view->root, root_path, O_PATH | O_DIRECTORY);
	if (root < 0)
		return err_errno(err, -root, "open the root file system %s", root_path);
	close_keep_errno(&view->root);
	view->root = root;
	return 0;
}

static dev_t device_of(int fd, const char *name)
{
	struct mnt_identity identity;

	return mnt_identify(fd, name, &identity) == 0 ? identity.device : 0;
}

/*
 * The mount whose root MOUNT is has to be a slave of the masters' group, as the container's own mount namespace has it. NUMBER: as
 * of mnt_unique; 0: not known.
 */
static int prove(struct work *work, int mount, uint64_t number, struct err *err)
{
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;
	struct mounts *mounts = &work->place.mounts;
	const char *wrong;
	int rc = 1;

	mounts_forget(mounts);
	if (!mounts_ask(mounts, number, &found))
		rc = mounts_find(mounts, mount, 0, &found, err);
	if (rc < 0)
		return rc;
	wrong = rc ? plan_unproven(&found.entry, work->place.facts.masters_group)
		   : "the container's mount table does not show the mount";
	return wrong ? err_set(err, EPROTO, "not proved: %s", wrong) : 0;
}

/*
 * Writes the record, if that says anything new. MOUNT: the number of the container's mount, which is there or about to be; 0: not known,
 * what was written of it stays. So what is mounted in a container always has a record, whenever we are killed; what we made
 * before, has a mark.
 */
static int note(struct work *work, uint64_t mount, struct err *err)
{
	struct record *record = &work->record;
	bool is_known = !mount || (record->container_mount == mount &&
					  record->container_namespace == work->place.mounts.number);
	int rc;

	if (work->is_written && is_known)
		return 0;
	if (mount) {
		record->container_mount = mount;
		record->container_namespace = work->place.mounts.number;
	}
	if (!record->pidfd_inode)
		record->pidfd_inode = target_inode(work->target->pidfd);
	rc = record_write(work->store->records, record, err);
	work->is_written = rc == 0;
	return rc;
}

/* A slave of the masters' whole tmpfs: a source for mnt_tie also while tools are attached to the master. */
static int tie(struct work *work, struct err *err)
{
	cleanup_fd int clone = mnt_clone_slave(work->store->ctr, err);

	if (clone < 0)
		return clone;
	return mnt_tie(clone, work->place.point, err);
}

static int perform(struct work *work, enum plan_verb verb, struct err *err)
{
	cleanup_fd int clone = FD_NONE;
	uint64_t number;
	int rc;

	if (verb == PLAN_TIE) {
		rc = note(work, work->place.mount, err);
		if (rc < 0 || tie(work, ERR_IGNORED) == 0)
			return rc < 0 ? rc : prove(work, work->place.point, work->place.mount, err);
	}
	clone = mnt_clone_slave(work->master, err); /* also where the kernel cannot tie (before 5.15) */
	if (clone < 0)
		return clone;
	number = work->place.mounts.by_table ? 0 : mnt_unique(clone);
	rc = note(work, number, err);
	if (rc == 0)
		rc = place_mount(&work->place, clone, verb != PLAN_PLACE, err);
	return rc < 0 ? rc : prove(work, clone, number, err);
}

/* Both of the same start: OLD is the runtime wrapper's, and names no process, or this one. */
static bool is_prepared(struct record *old, const struct record *record)
{
	if (old->pid || !old->bundle || !record->bundle || strcmp(old->bundle, record->bundle) != 0)
		return false;
	return !created_complete(old) || old->pid == record->pid;
}

/* OLD, which is of this very start: what it says of it is known. */
static void take_over(struct work *work, const struct record *old)
{
	work->is_written = old->masters == work->record.masters;
	work->record.pidfd_inode = old->pidfd_inode;
	work->record.container_mount = old->container_mount;
	work->record.container_namespace = old->container_namespace;
}

/*
 * Makes room for the record of this start: what an earlier start of the same container has left goes first, but not the master
 * that was made for this one (lib/prepare.h): a mount of it is there already. Two containers of one id
 * (of runtimes with different roots) cannot both have a master: the first keeps it.
 */
static int make_room(struct work *work, struct err *err)
{
	struct store *store = work->store;
	struct record old = RECORD_NONE;
	int found = record_find(store->records, work->id, &old, err);
	bool known = found > 0;
	bool prepared = known && is_prepared(&old, &work->record);
	bool same = known && old.pid == work->record.pid && old.start_time == work->record.start_time;
	bool alive = known && !prepared && !same && !created_is_gone(&old);
	int rc = 0;

	if (same && !prepared)
		take_over(work, &old);
	record_release(&old);
	if (found < 0)
		return found;
	if (prepared || same) /* its master is in use already */
		return 0;
	if (alive)
		return err_set(err, EEXIST, "another container of this id runs already");
	if (known || (!store_has_nothing(store, work->id) && !pending_is_marked(store, work->id)))
		rc = store_remove(store, work->id, err);
	store_mark(store, work->id);
	return rc;
}

static int provision_locked(struct work *work, struct plan *ret, struct err *err)
{
	bool attached = false;
	int rc;

	if (store_master(work->store, work->id, false, &work->master, &attached, ERR_IGNORED) == 0 &&
		attached)
		work->place.facts.tools_device = device_of(work->master, NULL);
	rc = place_look(&work->place, work->store, ret, err);
	if (rc == 0 && (ret->verb == PLAN_SKIP || ret->verb == PLAN_LEAVE))
		return note(work, work->place.mount, err);
	close_keep_errno(&work->master);
	if (rc == 0)
		rc = store_master(work->store, work->id, true, &work->master, &attached, err);
	if (rc == 0)
		rc = perform(work, ret->verb, err);
	if (rc < 0 && rc != -ENOTRECOVERABLE) /* it is a container all the same */
		(void)note(work, 0, ERR_IGNORED);
	return rc;
}

/* What it has now is what it was given; whoever looks later can tell what has come since. */
static void take_baseline(struct work *work)
{
	cleanup_texts struct baseline_texts entries = {0}, mounts = {0};
	cleanup_free char *table = NULL;
	struct mount_entry entry;

	if (baseline_is_written(work->store->records, work->id) ||
		mounts_table(&work->place.mounts, &table, ERR_IGNORED) < 0)
		return;
	(void)baseline_find(&mounts, table, 0, &entry);
	if (work->place.dev_is_in_memory)
		baseline_list_entries(work->place.dev, &entries);
	(void)baseline_write(
		work->store->records, &work->record, work->target, &mounts, &entries, true, ERR_IGNORED);
}

int provision(struct store *store, const struct record *record, const struct target *target,
	const struct provision_view *view, struct plan *ret, struct err *err)
{
	struct work work = {
		.store = store,
		.target = target,
		.view = view,
		.id = record->id,
		.record = *record,
		.master = FD_NONE,
		.place = PLACE_OF(target, view->root, record->id),
	};
	int rc = store_lock(store, record->id, err);

	if (rc < 0)
		return rc;
	work.place.own_namespace = record->mount_namespace;
	work.place.facts.unfinished = !view->pivoted;
	rc = make_room(&work, err);
	if (rc == 0)
		rc = provision_locked(&work, ret, err);
	if (rc == 0 && view->pivoted) {
		take_baseline(&work);
		store_unmark(store, record->id);
	}
	work_close(&work);
	store_unlock(store);
	return rc;
}
