/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include "util.h"

#include <limits.h>
#include <string.h>

/* There is room for a power of two: it ends where the number of names is one. */
static int make_room(struct names *names)
{
	char **bigger;

	if (names->count & (names->count - 1))
		return 0;
	bigger = reallocarray(names->item, names->count ? 2 * names->count : 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	names->item = bigger;
	return 0;
}

int names_add_part(struct names *names, const char *text, size_t length)
{
	cleanup_free char *copy = strndup(text, length);

	if (!copy || make_room(names) < 0)
		return -ENOMEM;
	names->item[names->count++] = TAKE_PTR(copy);
	return 0;
}

int names_add(struct names *names, const char *text)
{
	return names_add_part(names, text, strlen(text));
}

bool names_has(const struct names *names, const char *text)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->item[i], text) == 0)
			return true;
	return false;
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free_keep_errno(&names->item[i]);
	free_keep_errno(&names->item);
	names->count = 0;
}

bool names_is_plain(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= NAME_MAX && !strchr(text, '/') && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0;
}

const char *names_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
