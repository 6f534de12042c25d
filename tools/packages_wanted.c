/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_database.h"

#include "root.h"
#include "util.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/*
 * Where /bin is a link to usr/bin, a package may have the file as /bin/x or as /usr/bin/x, whichever it was built for. Some
 * distributions have merged /usr/sbin and /usr/lib64, too.
 */
int packages_find_aliases(struct packages *packages)
{
	static const char *const names[] = {
		"/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin", "/usr/lib64", "/usr/sbin"};

	_Static_assert(ARRAY_SIZE(names) <= PACKAGES_ALIAS_LIMIT, "room for all");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *real = NULL;
		int rc = root_real(packages->root, names[i], &real);

		if (rc == -ENOMEM)
			return rc;
		if (rc < 0 || strncmp(real, "/usr/", 5) != 0 || strcmp(real, names[i]) == 0)
			continue;
		packages->alias[packages->alias_count++] = (struct packages_alias){names[i], TAKE_PTR(real)};
	}
	return 0;
}

/* The one name of PATH: itself, or in BUFFER. */
static const char *one_name(const struct packages *packages, const char *path, char *buffer, size_t size)
{
	for (size_t i = 0; i < packages->alias_count; i++) {
		const struct packages_alias *alias = &packages->alias[i];
		size_t length = strlen(alias->from);

		if (strncmp(path, alias->from, length) == 0 && path[length] == '/')
			return (size_t)snprintf(buffer, size, "%s%s", alias->to, path + length) < size
				       ? buffer
				       : path;
	}
	return path;
}

/* FNV-1a. Collisions that somebody made cost time, and no more. */
static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261U;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash;
}

static int insert(struct wanted *wanted, const char *path, size_t index)
{
	char buffer[PATH_MAX];
	const char *name = one_name(wanted->packages, path, buffer, sizeof(buffer));
	struct wanted_slot slot = {strdup(name), index, hash_of(name)};
	size_t place = slot.hash & (wanted->size - 1);

	if (!slot.path)
		return -ENOMEM;
	while (wanted->slot[place].path)
		place = (place + 1) & (wanted->size - 1);
	wanted->slot[place] = slot;
	return 0;
}

int wanted_init(struct wanted *wanted, const struct packages *packages, const char *const *paths,
	size_t count, struct package *ret)
{
	size_t size = 64;

	while (size < 2 * count)
		size *= 2;
	*wanted = (struct wanted){.packages = packages,
		.slot = calloc(size, sizeof(*wanted->slot)),
		.size = size,
		.left = count,
		.ret = ret};
	if (!wanted->slot)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (insert(wanted, paths[i], i) < 0)
			return -ENOMEM;
	return 0;
}

void wanted_free(struct wanted *wanted)
{
	for (size_t i = 0; wanted->slot && i < wanted->size; i++)
		free_keep_errno(&wanted->slot[i].path);
	free_keep_errno(&wanted->slot);
}

static int set_owner(struct wanted *wanted, size_t index, const char *name, const char *version)
{
	struct package package = {.name = strdup(name)};
	bool known = version && packages_is_version(version);

	if (known)
		package.version = strdup(version);
	if (!package.name || (known && !package.version)) {
		package_free(&package);
		return -ENOMEM;
	}
	wanted->ret[index] = package;
	wanted->left--;
	return 0;
}

int wanted_owned(struct wanted *wanted, const char *path, const char *name, const char *version)
{
	char buffer[PATH_MAX];
	const char *one = one_name(wanted->packages, path, buffer, sizeof(buffer));
	uint32_t hash = hash_of(one);
	int rc = 0;

	for (size_t place = hash & (wanted->size - 1); rc == 0 && wanted->slot[place].path;
		place = (place + 1) & (wanted->size - 1)) {
		const struct wanted_slot *slot = &wanted->slot[place];

		if (slot->hash == hash && !wanted->ret[slot->index].name && strcmp(slot->path, one) == 0)
			rc = set_owner(wanted, slot->index, name, version);
	}
	return rc;
}
