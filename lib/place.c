/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "place.h"

#include "err.h"
#include "mountinfo.h"
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
}

/* What our own table says: the masters' peer group, and whether DEV, the container's /dev, is known here too. */
static int look_at_host(
	struct place *place, const struct store *store, const struct mount_entry *dev, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mnt_identity masters;
	struct mount_entry entry;
	char *cursor;
	int rc = self < 0 ? err_errno(err, errno, "open /proc/self") : target_read_mounts(self, &table, err);

	if (rc < 0)
		return rc;
	rc = mnt_identify(store->ctr, NULL, &masters);
	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	place->facts.masters_device = masters.device;
	for (cursor = table; mountinfo_next(&cursor, &entry);) {
		if ((unsigned long long)entry.id == masters.mount)
			place->facts.masters_group = entry.shared;
		if ((dev->shared && (entry.shared == dev->shared || entry.master == dev->shared)) ||
			(entry.major == dev->major && entry.minor == dev->minor))
			place->facts.dev_is_on_host = true;
	}
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

static dev_t device_of(int fd, const char *name)
{
	struct mnt_identity identity;

	return mnt_identify(fd, name, &identity) == 0 ? identity.device : 0;
}

int place_look(struct place *place, const struct store *store, struct plan *ret, struct err *err)
{
	struct plan_facts *facts = &place->facts;
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *table = NULL;
	struct mount_entry dev = {0}, point;
	int rc = target_read_mounts(place->target->proc, &table, err);
	char *copy;

	if (rc < 0)
		return rc;
	facts->id = place->id;
	facts->own_mount_namespace = self >= 0 && !ns_is_same(self, place->target->proc, CLONE_NEWNS);
	facts->host_dev = device_of(AT_FDCWD, "/dev");
	rc = mnt_identify(place->root, NULL, &facts->root);
	if (rc < 0)
		return err_errno(err, -rc, "look at the container's root");
	open_dev(place);
	if (!facts->dev_error)
		open_point(place);
	copy = strdup(table);
	if (!copy)
		return err_errno(err, ENOMEM, "look at the container's mounts");
	if (baseline_find(place->mounts, copy, facts->dev.mount, &dev)) {
		facts->dev_is_whole = strcmp(dev.root, "/") == 0;
		place->dev_is_in_memory = baseline_is_in_memory(dev.type);
	}
	rc = look_at_host(place, store, &dev, err);
	free(copy);
	if (rc < 0)
		return rc;
	if (facts->point.is_mount_root && mountinfo_find(table, facts->point.mount, &point))
		facts->mount = &point;
	*ret = plan_mount(facts);
	facts->mount = NULL;
	return 0;
}

int place_make(struct place *place, struct err *err)
{
	const struct mnt_identity *dev = &place->facts.dev;
	int number = 0;

	setfsgid(dev->gid);
	setfsuid(dev->uid);
	if (mkdirat(place->dev, "crashcart", 0755) < 0 && errno != EEXIST)
		number = errno;
	setfsuid(geteuid());
	setfsgid(getegid());
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

	open_dev(&place);
	if (place.facts.dev_error)
		return;
	open_point(&place);
	/* The kernel would remove it all the same: it is mounted on in another mount namespace than ours. */
	if (place.facts.point_error || place.facts.point.is_mount_root)
		return;
	setfsgid(place.facts.dev.gid);
	setfsuid(place.facts.dev.uid);
	(void)unlinkat(place.dev, "crashcart", AT_REMOVEDIR);
	setfsuid(geteuid());
	setfsgid(getegid());
}
