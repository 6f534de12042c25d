/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prepare.h"

#include "created.h"
#include "err.h"
#include "mnt.h"
#include "mounts.h"
#include "node.h"
#include "ns.h"
#include "pending.h"
#include "record.h"
#include "store.h"
#include "target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

char *prepare_master(const struct prepare_job *job)
{
	return util_printf("%s/ctr/%s", job->state_directory, job->id);
}

/* In the node's mount namespace, or in ours where that is the same. */
struct visit {
	struct ns_home home;
	int directory; /* the caller's working directory */
	bool away;
};

#define VISIT_NONE ((struct visit){.home = {FD_NONE, FD_NONE}, .directory = FD_NONE})

static void visit_close(struct visit *visit)
{
	ns_home_close(&visit->home);
	close_keep_errno(&visit->directory);
}
#define cleanup_visit __attribute__((cleanup(visit_close)))

static int visit_begin(struct visit *visit, const char *state_directory, struct err *err)
{
	int rc;

	if (node_is_here())
		return 0;
	rc = ns_home_open(&visit->home, err);
	if (rc < 0)
		return rc;
	visit->directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (visit->directory < 0)
		return err_errno(err, errno, "hold the working directory");
	rc = node_enter(state_directory, err);
	visit->away = rc > 0;
	return rc < 0 ? rc : 0;
}

/* RC: how the visit went; it is returned, unless there is no way back. */
static int visit_end(struct visit *visit, int rc, struct err *err)
{
	if (!visit->away)
		return rc;
	visit->away = false;
	if (ns_home_return(&visit->home, err) < 0)
		return -ENOTRECOVERABLE;
	if (fchdir(visit->directory) < 0) {
		err_errno(err, errno, "return to the working directory");
		return -ENOTRECOVERABLE;
	}
	return rc;
}

/* The mount of the masters that FD lies on, as the mount namespace we are in has it. */
static int find_mount(int fd, struct mounts_found *ret, struct err *err)
{
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	int rc = mounts_find(&own, fd, 0, ret, err);

	if (rc == 0)
		return err_set(err, ENOLINK, "the mount table does not show the state directory's mount");
	return rc < 0 ? rc : 0;
}

static bool is_same_start(const struct record *one, const struct record *other)
{
	return one->pid == other->pid && one->start_time == other->start_time &&
	       one->creator == other->creator && one->creator_start == other->creator_start;
}

/* What there is now of a container of this id. */
static int clear_place(const struct store *store, const struct prepare_job *job, struct err *err)
{
	struct record old = RECORD_NONE;
	int found = record_find(store->records, job->id, &old, err);
	bool alive =
		found > 0 && !(job->record && is_same_start(job->record, &old)) && !created_is_gone(&old);

	record_release(&old);
	if (found < 0)
		return found;
	if (alive)
		return err_set(err, EEXIST, "another container of this id runs already");
	if (found > 0 || !store_has_nothing(store, job->id))
		return store_remove(store, job->id, err);
	store_unmark(store, job->id);
	return 0;
}

/* The mark comes first: with it, whoever cleans up lets the master be. */
static int make_mark(const struct store *store, const struct prepare_job *job, struct err *err)
{
	cleanup_target struct target creator = TARGET_NONE;
	bool known;

	if (job->record) { /* that says who makes it; while there is none, nobody does */
		store_mark(store, job->id);
		return 0;
	}
	known = job->creator > 0 && target_open(job->creator, 0, &creator, ERR_IGNORED) == 0;

	return pending_mark(store, job->id, known ? &creator : NULL, err);
}

static int write_record(const struct store *store, const struct prepare_job *job, struct err *err)
{
	struct record record;

	if (!job->record)
		return 0;
	record = *job->record;
	record.masters = store_masters(store);
	record.mount_namespace = ns_own_mount_number();
	return record_write(store->records, &record, err);
}

/* *RET_GROUP: the peer group of the masters. */
static int make(const struct store *store, const struct prepare_job *job, int *ret_master,
	unsigned int *ret_group, struct err *err)
{
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;
	bool attached;
	int rc = find_mount(store->ctr, &found, err);

	if (rc < 0)
		return rc;
	if (!found.entry.shared)
		return err_set(err, ENOLINK, "the state directory's mount is not shared on the host");
	*ret_group = found.entry.shared;
	rc = make_mark(store, job, err);
	if (rc == 0)
		rc = store_master(store, job->id, true, ret_master, &attached, err);
	return rc < 0 ? rc : write_record(store, job, err);
}

/* From where the caller is, the path has to lead to MASTER, by a mount that follows the masters' peer group. */
static int verify(const struct prepare_job *job, int master, unsigned int group, struct err *err)
{
	cleanup_free char *path = prepare_master(job);
	cleanup_found struct mounts_found mount = MOUNTS_FOUND_NONE;
	cleanup_fd int fd = FD_NONE;
	struct mnt_identity wanted, found;
	int rc;

	if (!path)
		return err_errno(err, ENOMEM, "the master's path");
	fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ENOLINK, "%s is not seen from the engine's mount namespace", path);
	if (mnt_identify(master, NULL, &wanted) < 0 || mnt_identify(fd, NULL, &found) < 0 ||
		wanted.device != found.device || wanted.inode != found.inode)
		return err_set(err, ENOLINK, "%s is another directory in the engine's mount namespace", path);
	rc = find_mount(fd, &mount, err);
	if (rc < 0)
		return rc;
	if (mount.entry.shared != group && mount.entry.master != group)
		return err_set(
			err, ENOLINK, "%s does not follow the node's in the engine's mount namespace", path);
	return 0;
}

static int prepare_locked(
	struct visit *visit, struct store *store, const struct prepare_job *job, struct err *err)
{
	cleanup_fd int master = FD_NONE;
	unsigned int group = 0;
	int rc = clear_place(store, job, err);

	if (rc < 0)
		return visit_end(visit, rc, err);
	rc = visit_end(visit, make(store, job, &master, &group, err), err);
	if (rc == 0)
		rc = verify(job, master, group, err);
	if (rc < 0) /* nothing is mounted on it: descriptors are enough, wherever we are */
		(void)store_remove(store, job->id, ERR_IGNORED);
	return rc;
}

int prepare(const struct prepare_job *job, struct err *err)
{
	cleanup_visit struct visit visit = VISIT_NONE;
	cleanup_store struct store store = STORE_NONE;
	int rc = visit_begin(&visit, job->state_directory, err);

	if (rc < 0)
		return rc;
	rc = store_open(job->state_directory, true, &store, err);
	if (rc == 0)
		rc = store_lock(&store, job->id, err);
	if (rc < 0)
		return visit_end(&visit, rc, err);
	rc = prepare_locked(&visit, &store, job, err);
	store_unlock(&store);
	return rc;
}

int prepare_undo(const struct prepare_job *job, struct err *err)
{
	cleanup_visit struct visit visit = VISIT_NONE;
	cleanup_store struct store store = STORE_NONE;
	int rc = visit_begin(&visit, job->state_directory, err);

	if (rc < 0)
		return rc;
	rc = store_open(job->state_directory, false, &store, err);
	if (rc == 0)
		rc = store_lock(&store, job->id, err);
	if (rc == 0)
		rc = clear_place(&store, job, err);
	store_unlock(&store);
	return visit_end(&visit, rc == -ENOENT ? 0 : rc, err);
}
