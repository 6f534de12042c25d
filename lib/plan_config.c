/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan_config.h"

#include "config_look.h"
#include "err.h"

#include <string.h>

static const char not_understood[] =
	"config.json says something in two ways, or in one that is not understood";

/* OBJECT's member KEY as an array of objects (null: none). False: it is something else. */
static bool find_list(const struct json *object, const char *key, const struct json **ret)
{
	if (config_member(object, key, ret, ERR_IGNORED) < 0)
		return false;
	if (config_is_absent(*ret)) {
		*ret = NULL;
		return true;
	}
	for (const struct json *entry = json_first(*ret); entry; entry = json_next(entry))
		if (!json_is_object(entry))
			return false;
	return json_is_array(*ret);
}

/* The text of a member, "" where there is none. Null: it is not understood. */
static const char *text_of(const struct json *object, const char *key)
{
	const struct json *value;

	if (config_member(object, key, &value, ERR_IGNORED) < 0)
		return NULL;
	return config_is_absent(value) ? "" : json_string(value);
}

static const char *refuse_namespaces(const struct json *linux_part)
{
	const struct json *namespaces;
	bool own = false;

	if (!find_list(linux_part, "namespaces", &namespaces))
		return not_understood;
	for (const struct json *each = json_first(namespaces); each; each = json_next(each)) {
		const char *type = text_of(each, "type"), *path = text_of(each, "path");

		if (!type || !path)
			return not_understood;
		if (strcmp(type, "mount") != 0)
			continue;
		if (*path)
			return "the container joins the mount namespace of another";
		own = true;
	}
	return own ? NULL : "the container has no mount namespace of its own";
}

/* With these nothing mounted from the host stays tied to it. */
static const char *refuse_propagation(const struct json *linux_part)
{
	const char *propagation = text_of(linux_part, "rootfsPropagation");

	if (!propagation)
		return not_understood;
	return strcmp(propagation, "unbindable") == 0 || strcmp(propagation, "runbindable") == 0
		       ? "the container's mounts are unbindable"
		       : NULL;
}

static bool is_bind(const struct json *mount)
{
	const struct json *options;

	(void)config_member(mount, "options", &options, ERR_IGNORED);
	for (const struct json *option = json_first(options); option; option = json_next(option)) {
		const char *text = json_string(option);

		if (text && (strcmp(text, "bind") == 0 || strcmp(text, "rbind") == 0))
			return true;
	}
	return false;
}

/* What the walk over `mounts`, in their order, has seen. */
struct seen {
	bool own_dev; /* what is at /dev is a tmpfs of the container's */
	bool ours, others, taken;
};

static bool look_at_mount(const struct json *mount, const char *master, struct seen *seen)
{
	char destination[PATH_MAX];
	const char *type = text_of(mount, "type"), *source = text_of(mount, "source");
	const struct json *options;

	if (!type || !source || config_member(mount, "options", &options, ERR_IGNORED) < 0 ||
		config_destination(mount, destination, ERR_IGNORED) < 0)
		return false;
	if (strcmp(destination, "/") == 0)
		seen->own_dev = false; /* whatever was below is covered */
	if (strcmp(destination, "/dev") == 0)
		seen->own_dev = strcmp(type, "tmpfs") == 0 && !is_bind(mount);
	if (strcmp(destination, CONFIG_MOUNT_POINT) == 0 && strcmp(source, master) == 0)
		seen->ours = true;
	else if (strcmp(destination, CONFIG_MOUNT_POINT) == 0 && config_is_other_master(source, master))
		seen->others = true;
	else if (config_is_beneath(destination, CONFIG_MOUNT_POINT))
		seen->taken = true;
	return true;
}

static struct plan plan_mounts(const struct json *config, const char *master)
{
	const struct json *mounts;
	struct seen seen = {0};

	if (!find_list(config, "mounts", &mounts))
		return (struct plan){PLAN_SKIP, not_understood};
	for (const struct json *mount = json_first(mounts); mount; mount = json_next(mount))
		if (!look_at_mount(mount, master, &seen))
			return (struct plan){PLAN_SKIP, not_understood};
	if (seen.taken)
		return (struct plan){PLAN_SKIP, "something is mounted at /dev/crashcart already"};
	if (seen.ours)
		return (struct plan){PLAN_LEAVE, "config.json has the mount already"};
	if (seen.others)
		return (struct plan){.verb = PLAN_ENSURE};
	if (!seen.own_dev)
		return (struct plan){PLAN_SKIP, "the container's /dev is not a tmpfs of its own"};
	return (struct plan){.verb = PLAN_ENSURE};
}

struct plan plan_config(const struct config *config, const struct policy *policy, const char *master)
{
	const char *refusal = policy_refusal(policy, config->annotations);
	const struct json *linux_part = NULL, *vm = NULL;

	if (!refusal && state_is_sandbox(config->annotations))
		refusal = "the container is a pod's sandbox";
	if (!refusal && (config_member(config->document, "vm", &vm, ERR_IGNORED) < 0 ||
				config_member(config->document, "linux", &linux_part, ERR_IGNORED) < 0 ||
				(!config_is_absent(linux_part) && !json_is_object(linux_part))))
		refusal = not_understood;
	if (!refusal && !config_is_absent(vm))
		refusal = "the container is a virtual machine";
	if (config_is_absent(linux_part))
		linux_part = NULL;
	if (!refusal)
		refusal = refuse_namespaces(linux_part);
	if (!refusal)
		refusal = refuse_propagation(linux_part);
	if (refusal)
		return (struct plan){PLAN_SKIP, refusal};
	return plan_mounts(config->document, master);
}
