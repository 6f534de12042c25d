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
	int master; /* the master directory, or what is attached on it */
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

/* The mount whose root MOUNT is has to be a slave of the masters' group, as the container's own mount namespace has it. */
static int prove(struct work *work, int mount, struct err *err)
{
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;
	struct mnt_identity identity;
	const char *wrong;
	int rc = mnt_identify(mount, NULL, &identity);

	if (rc < 0)
		return err_errno(err, -rc, "look at the new mount");
	mounts_forget(&work->place.mounts);
	rc = mounts_find(&work->place.mounts, mount, identity.mount, &found, err);
	if (rc < 0)
		return rc;
	wrong = rc ? plan_unproven(&found.entry, work->place.facts.masters_group)
		   : "the container's mount table does not show the mount";
	return wrong ? err_set(err, EPROTO, "not proved: %s", wrong) : 0;
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
	int rc;

	if (verb == PLAN_TIE && tie(work, ERR_IGNORED) == 0)
		return prove(work, work->place.point, err);
	clone = mnt_clone_slave(work->master, err); /* also where the kernel cannot tie (before 5.15) */
	if (clone < 0)
		return clone;
	rc = place_mount(&work->place, clone, verb != PLAN_PLACE, err);
	return rc < 0 ? rc : prove(work, clone, err);
}

/* Both of the same start: OLD is the runtime wrapper's, and names no process, or this one. */
static bool is_prepared(struct record *old, const struct record *record)
{
	if (old->pid || !old->bundle || !record->bundle || strcmp(old->bundle, record->bundle) != 0)
		return false;
	return !created_complete(old) || old->pid == record->pid;
}

/*
 * The record of this start; what an earlier start of the same container has left goes first, but not the master that was
 * made for this one (lib/prepare.h): a mount of it is there already. Two containers of one id
 * (of runtimes with different roots) cannot both have a master: the first keeps it.
 */
static int ensure_record(struct store *store, const struct record *record, struct err *err)
{
	struct record old = RECORD_NONE;
	int found = record_find(store->records, record->id, &old, err);
	bool known = found > 0;
	bool prepared = known && is_prepared(&old, record);
	bool same = known && old.pid == record->pid && old.start_time == record->start_time;
	bool same_place = same && old.masters == record->masters;
	bool alive = known && !prepared && !same && !created_is_gone(&old);
	int rc = 0;

	record_release(&old);
	if (found < 0)
		return found;
	if (prepared) /* its master is in use already */
		return record_write(store->records, record, err);
	if (same)
		return same_place ? 0 : record_write(store->records, record, err);
	if (alive)
		return err_set(err, EEXIST, "another container of this id runs already");
	if (known || (!store_has_nothing(store, record->id) && !pending_is_marked(store, record->id)))
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
		work->place.facts.tools_device = device_of(work->master, NULL);
	rc = place_look(&work->place, work->store, ret, err);
	if (rc < 0 || ret->verb == PLAN_SKIP || ret->verb == PLAN_LEAVE)
		return rc;
	close_keep_errno(&work->master);
	rc = store_master(work->store, work->id, true, &work->master, &attached, err);
	return rc < 0 ? rc : perform(work, ret->verb, err);
}

/* What it has now is what it was given; whoever looks later can tell what has come since. */
static void take_baseline(struct work *work, const struct record *record)
{
	cleanup_texts struct baseline_texts entries = {0}, mounts = {0};
	cleanup_free char *table = NULL;
	struct mount_entry entry;

	if (baseline_is_written(work->store->records, record->id) ||
		mounts_table(&work->place.mounts, &table, ERR_IGNORED) < 0)
		return;
	(void)baseline_find(&mounts, table, 0, &entry);
	if (work->place.dev_is_in_memory)
		baseline_list_entries(work->place.dev, &entries);
	(void)baseline_write(
		work->store->records, record, work->target, &mounts, &entries, true, ERR_IGNORED);
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
		.place = PLACE_OF(target, view->root, record->id),
	};
	int rc = store_lock(store, record->id, err);

	if (rc < 0)
		return rc;
	work.place.facts.unfinished = !view->pivoted;
	rc = ensure_record(store, record, err);
	if (rc == 0)
		rc = provision_locked(&work, ret, err);
	if (rc == 0 && view->pivoted) {
		take_baseline(&work, record);
		store_unmark(store, record->id);
	}
	work_close(&work);
	store_unlock(store);
	return rc;
}
