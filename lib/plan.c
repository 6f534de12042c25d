/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan.h"

#include "util.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static struct plan leave(const char *reason)
{
	return (struct plan){.verb = PLAN_LEAVE, .reason = reason};
}

static struct plan skip(const char *reason)
{
	return (struct plan){.verb = PLAN_SKIP, .reason = reason};
}

struct plan plan_state(
	const struct container *container, const struct json *annotations, const struct policy *policy)
{
	const char *refusal;

	if (strcmp(container->status, "stopped") == 0)
		return (struct plan){.verb = PLAN_REMOVE};
	if (container->pid == 0)
		return leave("the state names no process: the runtime called before there is one");
	refusal = policy_refusal(policy, annotations);
	if (refusal)
		return skip(refusal);
	if (state_is_sandbox(annotations))
		return skip("the container is a pod's sandbox");
	return (struct plan){.verb = PLAN_ENSURE};
}

bool plan_is_provision(const struct mount_entry *entry, dev_t masters_device, const char *id)
{
	return makedev(entry->major, entry->minor) == masters_device && entry->root[0] == '/' &&
	       strcmp(entry->root + 1, id) == 0;
}

/* Made by us, but of a state directory that has been made anew since. */
static bool is_stale(const struct mount_entry *entry)
{
	return strcmp(entry->type, "tmpfs") == 0 && strcmp(entry->source, MNT_SOURCE) == 0;
}

static bool is_harmless(const struct mount_entry *entry)
{
	static const char *const options[] = {"nosuid", "nodev", "noexec"};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!mountinfo_has_option(entry->options, options[i]))
			return false;
	return true;
}

static bool has_all_options(const struct mount_entry *entry)
{
	return is_harmless(entry) && mountinfo_has_option(entry->options, "ro");
}

static struct plan plan_existing(const struct plan_facts *facts)
{
	const struct mount_entry *mount = facts->mount;

	if (!mount)
		return skip("/dev/crashcart is a mount that the container's own table does not have");
	if (facts->tools_device && makedev(mount->major, mount->minor) == facts->tools_device)
		return leave("the tools are attached, and the container has them");
	if (is_stale(mount) && !plan_is_provision(mount, facts->masters_device, facts->id))
		return (struct plan){.verb = PLAN_REPLACE};
	if (!plan_is_provision(mount, facts->masters_device, facts->id))
		return skip("something else is mounted on /dev/crashcart");
	if (!plan_unproven(mount, facts->masters_group))
		return leave("the mount is in place");
	if (facts->unfinished && is_harmless(mount) && !mount->shared && facts->masters_group &&
		mount->master == facts->masters_group)
		return leave("the runtime has mounted it, and will make it read-only");
	if (mount->master == 0 && mount->shared == 0 && has_all_options(mount))
		return (struct plan){.verb = PLAN_TIE};
	return (struct plan){.verb = PLAN_REPLACE};
}

struct plan plan_mount(const struct plan_facts *facts)
{
	if (!facts->own_mount_namespace)
		return skip("the container has no mount namespace of its own");
	if (facts->dev_error == ENOENT)
		return skip("the container has no /dev");
	if (facts->dev_error)
		return skip("the container's /dev is not a directory, or a link");
	if (!facts->dev.is_mount_root || facts->dev.mount == facts->root.mount)
		return skip("the container's /dev is not a mount of its own");
	if (facts->dev.device == facts->host_dev)
		return skip("the container's /dev is the host's");
	if (!facts->dev_is_whole)
		return skip("the container's /dev is a directory of another file system");
	if (facts->dev_is_on_host)
		return skip("the container's /dev is shared with the host");
	if (facts->point_error == ENOENT)
		return (struct plan){.verb = PLAN_PLACE};
	if (facts->point_error)
		return skip("/dev/crashcart in the container is not a directory");
	if (facts->point.is_mount_root)
		return plan_existing(facts);
	return (struct plan){.verb = PLAN_PLACE};
}

const char *plan_unproven(const struct mount_entry *entry, unsigned int group)
{
	if (!group)
		return "the state directory's mount is not shared on the host";
	if (entry->shared)
		return "the mount is a peer, not only a slave";
	if (entry->master != group)
		return "the mount's master is not the host's";
	return has_all_options(entry) ? NULL : "the mount is not ro,nosuid,nodev,noexec";
}
