/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recipe_path.h"

#include "names.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

enum { LENGTH_LIMIT = 1024 };

/* True if the LENGTH bytes at PATH are plain names with a "/" between them. */
static bool is_plain(const char *path, size_t length)
{
	char component[NAME_MAX + 1];

	if (!length || length > LENGTH_LIMIT)
		return false;
	for (const char *end = path + length;; path++) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t size = (size_t)((slash ? slash : end) - path);

		if (size > NAME_MAX)
			return false;
		memcpy(component, path, size);
		component[size] = '\0';
		if (!names_is_plain(component))
			return false;
		if (!slash)
			return true;
		path = slash;
	}
}

bool recipe_path_is_below(const char *path)
{
	return is_plain(path, strlen(path));
}

bool recipe_path_is_absolute(const char *path)
{
	return path[0] == '/' && recipe_path_is_below(path + 1);
}

bool recipe_path_is_target(const char *path)
{
	size_t length = strlen(path);

	if (length && path[length - 1] == '/')
		length--;
	return is_plain(path, length) || strcmp(path, ".") == 0;
}

bool recipe_path_stays(const char *name, const char *target)
{
	size_t depth = 0;

	for (; *name; name++)
		depth += *name == '/';
	for (; strncmp(target, "../", 3) == 0; target += 3)
		if (!depth--)
			return false;
	return recipe_path_is_below(target);
}
