/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config_look.h"

#include "err.h"
#include "path.h"
#include "util.h"

#include <string.h>

/* One letter of TEXT, small; two that are not ASCII count as k and s (encoding/json of Go, foldFunc). */
static char fold(const char **text)
{
	char letter = **text;

	if (strncmp(*text, "\xe2\x84\xaa", 3) == 0) { /* U+212A, the sign of the unit Kelvin */
		*text += 3;
		return 'k';
	}
	if (strncmp(*text, "\xc5\xbf", 2) == 0) { /* U+017F, a long s */
		*text += 2;
		return 's';
	}
	*text += letter != '\0';
	return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool is_same_key(const char *one, const char *other)
{
	char letter;

	do {
		letter = fold(&one);
		if (letter != fold(&other))
			return false;
	} while (letter);
	return true;
}

int config_member(const struct json *object, const char *key, const struct json **ret, struct err *err)
{
	const struct json *found = NULL;

	if (object && !json_is_object(object))
		return err_set(err, EINVAL, "config.json: what should hold %s is not an object", key);
	for (const struct json *member = json_first(object); member; member = json_next(member)) {
		if (!is_same_key(json_key(member), key))
			continue;
		if (found || strcmp(json_key(member), key) != 0)
			return err_set(err, EINVAL,
				"config.json: %s is there twice, or in other letters: runtimes differ in "
				"what counts",
				key);
		found = member;
	}
	*ret = found;
	return 0;
}

bool config_is_absent(const struct json *value)
{
	return !value || json_is_null(value);
}

/* Relative ones of old count from the root. Symbolic links and ".." are the runtime's to resolve. */
static bool clean_path(const char *path, char ret[PATH_MAX])
{
	size_t used = 0;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && strncmp(path, "..", 2) == 0)
			return false;
		if (length && !(length == 1 && *path == '.')) {
			if (used + length + 2 > PATH_MAX)
				return false;
			ret[used++] = '/';
			memcpy(ret + used, path, length);
			used += length;
		}
		path += length + (path[length] == '/');
	}
	if (!used)
		ret[used++] = '/';
	ret[used] = '\0';
	return true;
}

int config_destination(const struct json *mount, char ret[PATH_MAX], struct err *err)
{
	const struct json *destination = NULL;
	int rc = config_member(mount, "destination", &destination, err);

	if (rc < 0)
		return rc;
	if (!json_string(destination) || !clean_path(json_string(destination), ret))
		return err_set(err, EINVAL, "config.json: a mount without a destination that can be told");
	return 0;
}

bool config_is_other_master(const char *source, const char *master)
{
	size_t length = (size_t)(strrchr(master, '/') + 1 - master);

	return strncmp(source, master, length) == 0 && path_is_id(source + length) &&
	       strcmp(source, master) != 0;
}

bool config_is_beneath(const char *path, const char *above)
{
	size_t length = strlen(above);

	return strncmp(path, above, length) == 0 && (path[length] == '/' || path[length] == '\0');
}
