/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

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

void place_close(struct place *place)
{
	close_keep_errno(&place->dev);
	close_keep_errno(&place->point);
	mounts_close(&place->mounts);
}

/* The container's /dev is known here, too: the same file system, or a peer or a slave of the mount. */
static bool is_dev_here(const struct mount_entry *entry, const void *context)
{
	const struct mount_entry *dev = context;

	return (dev->shared && (entry->shared == dev->shared || entry->master == dev->shared)) ||
	       (entry->major == dev->major && entry->minor == dev->minor);
}

static dev_t device_of(int fd, const char *name)
{
	struct mnt_identity identity;

	return mnt_identify(fd, name, &identity) == 0 ? identity.device : 0;
}

static int look_at_masters(struct place *place, const struct store *store, struct err *err)
{
	cleanup_mounts struct mounts own = MOUNTS_OWN;
	cleanup_found struct mounts_found found = MOUNTS_FOUND_NONE;
	int rc = mounts_find(&own, store->ctr, 0, &found, err);

	if (rc < 0)
		return rc;
	place->facts.masters_device =
		rc ? makedev(found.entry.major, found.entry.minor) : device_of(store->ctr, NULL);
	place->facts.masters_group = found.entry.shared;
	return 0;
}

static void open_dev(struct place *place)
{
	struct plan_facts *facts = &place->facts;
	int rc = path_open_beneath(place->root, "dev", DIRECTORY);

	if (rc >= 0)
		rc = mnt_identify(place->dev = rc, NULL, &facts->dev);
	facts->dev_error = rc < 0 ? -rc : 0;
}

/* Opens /dev/crashcart as it is now; absent is a fact, no error. */
static void open_point(struct place *place)
{
	struct plan_facts *facts = &place->facts;
	int rc = path_open_beneath(place->dev, "crashcart", DIRECTORY);

	close_keep_errno(&place->point);
	facts->point_error = 0;
	if (rc >= 0) {
		rc = mnt_identify(place->point = rc, NULL, &facts->point);
		if (rc == -ENOENT) /* it is open, so it is not absent */
			rc = -EIO;
	}
	if (rc < 0)
		facts->point_error = -rc;
}

/*
 * Decides. Only where something is to be placed, all mounts of ours are looked at, many as they may be: what a mount of ours is
 * tied by, is no matter of /dev.
 */
static int decide(struct place *place, const struct mount_entry *dev, struct plan *ret, struct err *err)
{
	struct plan plan = plan_mount(&place->facts);
	int rc = 0;

	if (plan.verb == PLAN_PLACE || plan.verb == PLAN_REPLACE)
		rc = mounts_any(is_dev_here, dev, err);
	if (rc < 0)
		return rc;
	place->facts.dev_is_on_host = rc;
	*ret = rc ? plan_mount(&place->facts) : plan;
	return 0;
}

/* The mounts that /dev and what is in it were reached through, as the container has them. */
static int look_at_mounts(struct place *place, struct plan *ret, struct err *err)
{
	cleanup_found struct mounts_found dev = MOUNTS_FOUND_NONE, point = MOUNTS_FOUND_NONE;
	struct plan_facts *facts = &place->facts;
	int rc = 0;

	if (!facts->dev_error)
		rc = mounts_find(&place->mounts, place->dev, facts->dev.mount, &dev, err);
	if (rc > 0) {
		facts->dev_is_whole = strcmp(dev.entry.root, "/") == 0;
		place->dev_is_in_memory = baseline_is_in_memory(dev.entry.type);
	}
	if (rc >= 0 && facts->point.is_mount_root)
		rc = mounts_find(&place->mounts, place->point, facts->point.mount, &point, err);
	if (rc < 0)
		return rc;
	facts->mount = point.entry.id ? &point.entry : NULL;
	if (facts->mount && plan_is_provision(facts->mount, facts->masters_device, facts->id))
		place->mount = point.number;
	rc = decide(place, &dev.entry, ret, err);
	facts->mount = NULL;
	return rc;
}

int place_look(struct place *place, const struct store *store, struct plan *ret, struct err *err)
{
	struct plan_facts *facts = &place->facts;
	uint64_t own = place->own_namespace ? place->own_namespace : ns_own_mount_number();
	int rc = mnt_identify(place->root, NULL, &facts->root);

	if (rc < 0)
		return err_errno(err, -rc, "look at the container's root");
	place->mounts = mounts_of(place->target);
	facts->id = place->id;
	facts->own_mount_namespace = own && own != ns_mount_number(place->target->proc);
	facts->host_dev = device_of(AT_FDCWD, "/dev");
	open_dev(place);
	if (!facts->dev_error)
		open_point(place);
	rc = look_at_masters(place, store, err);
	return rc < 0 ? rc : look_at_mounts(place, ret, err);
}

/* True: we are somebody else for files now. A directory of root's, as most are, needs no change. */
static bool become_owner(const struct mnt_identity *dev)
{
	if (dev->uid == geteuid() && dev->gid == getegid())
		return false;
	setfsgid(dev->gid);
	setfsuid(dev->uid);
	return true;
}

static void become_ourselves(void)
{
	setfsuid(geteuid());
	setfsgid(getegid());
}

int place_make(struct place *place, struct err *err)
{
	const struct mnt_identity *dev = &place->facts.dev;
	int number = 0;
	bool changed;

	changed = become_owner(dev);
	if (mkdirat(place->dev, "crashcart", 0755) < 0 && errno != EEXIST)
		number = errno;
	if (changed)
		become_ourselves();
	if (number)
		return err_errno(err, number, "make the directory /dev/crashcart in the container");
	open_point(place);
	if (place->facts.point_error)
		return err_errno(err, place->facts.point_error, "open /dev/crashcart in the container");
	if (place->facts.point.is_mount_root) /* it was not there when we looked */
		return err_set(err, EBUSY, "/dev/crashcart in the container is covered by now");
	return 0;
}

/* In the container's mount namespace: takes what is of no use off the directory, then attaches MOUNT on it. */
static int attach_inside(struct place *place, int mount, bool replace, struct err *err)
{
	int rc;

	if (replace) {
		rc = mnt_detach_here(place->point, err);
		if (rc < 0)
			return rc;
		open_point(place);
		if (place->facts.point_error || place->facts.point.is_mount_root)
			return err_set(err, EBUSY, "/dev/crashcart is still covered in the container");
	}
	return mnt_attach(mount, place->point, err);
}

int place_mount(struct place *place, int mount, bool replace, struct err *err)
{
	cleanup_home struct ns_home home = {FD_NONE, FD_NONE};
	int rc = ns_home_open(&home, err);

	if (rc < 0)
		return rc;
	if (place->facts.point_error == ENOENT && (rc = place_make(place, err)) < 0)
		return rc;
	rc = ns_enter(place->target->pidfd, CLONE_NEWNS, err);
	if (rc < 0)
		return rc;
	rc = attach_inside(place, mount, replace, err);
	if (ns_home_return(&home, err) < 0)
		return -ENOTRECOVERABLE;
	return rc;
}

void place_remove(const struct target *target)
{
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_place struct place place = PLACE_OF(target, root, NULL);
	bool changed;

	open_dev(&place);
	if (place.facts.dev_error)
		return;
	open_point(&place);
	/* The kernel would remove it all the same: it is mounted on in another mount namespace than ours. */
	if (place.facts.point_error || place.facts.point.is_mount_root)
		return;
	changed = become_owner(&place.facts.dev);
	(void)unlinkat(place.dev, "crashcart", AT_REMOVEDIR);
	if (changed)
		become_ourselves();
}
