/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "podman_id.h"

#include "config_look.h"
#include "err.h"

#include <string.h>

/* True if TEXT begins with an id, and END comes behind it. */
static bool take_id(const char *text, const char *end, char ret[PODMAN_ID_LENGTH + 1])
{
	if (strspn(text, "0123456789abcdef") != PODMAN_ID_LENGTH || strcmp(text + PODMAN_ID_LENGTH, end) != 0)
		return false;
	memcpy(ret, text, PODMAN_ID_LENGTH);
	ret[PODMAN_ID_LENGTH] = '\0';
	return true;
}

/* As cgroupfs has it, /libpod_parent/libpod-ID; as systemd, machine.slice:libpod:ID; --cgroups=split: .../libpod-payload-ID. */
static bool id_of_cgroup(const struct json *config, char ret[PODMAN_ID_LENGTH + 1])
{
	static const char *const before[] = {"/libpod-", "/libpod-payload-", ":libpod:"};
	const char *path = json_string(json_get(json_get(config, "linux"), "cgroupsPath"));
	size_t length = path ? strlen(path) : 0;

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		size_t rest = strlen(before[i]) + PODMAN_ID_LENGTH;

		if (length >= rest && strncmp(path + length - rest, before[i], strlen(before[i])) == 0)
			return take_id(path + length - PODMAN_ID_LENGTH, "", ret);
	}
	return false;
}

/* RUNROOT/overlay-containers/ID/userdata/.containerenv, with the storage driver's name in front of "-containers". */
static bool id_of_source(const char *source, char ret[PODMAN_ID_LENGTH + 1])
{
	static const char directory[] = "-containers/";
	const char *found = NULL;

	for (const char *next = source; (next = strstr(next, directory)); next++)
		found = next;
	return found && take_id(found + strlen(directory), "/userdata/.containerenv", ret);
}

static bool id_of_mounts(const struct json *config, char ret[PODMAN_ID_LENGTH + 1])
{
	const struct json *mounts = json_get(config, "mounts");
	bool found = false;

	for (const struct json *mount = json_first(mounts); mount; mount = json_next(mount)) {
		const char *source = json_string(json_get(mount, "source"));
		char destination[PATH_MAX];

		if (source && config_destination(mount, destination, ERR_IGNORED) == 0 &&
			strcmp(destination, "/run/.containerenv") == 0)
			found = id_of_source(source, ret); /* the last covers all before */
	}
	return found;
}

bool podman_id(const struct json *config, char ret[PODMAN_ID_LENGTH + 1])
{
	char by_mounts[PODMAN_ID_LENGTH + 1], by_cgroup[PODMAN_ID_LENGTH + 1];
	bool has_mounts = id_of_mounts(config, by_mounts), has_cgroup = id_of_cgroup(config, by_cgroup);

	if (!has_mounts && !has_cgroup)
		return false;
	if (has_mounts && has_cgroup && strcmp(by_mounts, by_cgroup) != 0)
		return false;
	memcpy(ret, has_mounts ? by_mounts : by_cgroup, sizeof(by_mounts));
	return true;
}
