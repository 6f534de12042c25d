/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layers.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "util.h"

#include <string.h>

static struct json *read_manifest(int tree)
{
	cleanup_free char *text = NULL;
	struct json *manifest = NULL;
	size_t length;

	if (io_read_file(tree, "manifest.json", LAYER_MANIFEST_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0 ||
		json_parse(text, length, &manifest, ERR_IGNORED) < 0)
		return NULL;
	return manifest;
}

/* A list of a manifest's, in which what is called NAME_KEY stands for a path, and VALUE_KEY for what is there. */
struct list {
	const struct json *first;
	const char *name_key, *value_key;
};

/*
 * The value of NAME in LIST, or null. *PLACE: where the last one was found; the next is most likely behind it, since both
 * lists are sorted. It is looked for before that all the same.
 */
static const char *find(const struct list *list, const char *name, const struct json **place)
{
	const struct json *start = *place ? *place : list->first, *entry = start;

	while (entry) {
		const char *found = json_string(json_get(entry, list->name_key));

		if (found && strcmp(found, name) == 0) {
			*place = entry;
			return json_string(json_get(entry, list->value_key));
		}
		entry = json_next(entry);
		if (!entry && start != list->first)
			entry = list->first;
		if (entry == start)
			break;
	}
	return NULL;
}

/* What UPPER has is in BASE under the same name with the same value, or not there, and not there in OTHER, which is of the
 * other kind. */
static bool agrees(const struct list *upper, const struct list *base, const struct list *other)
{
	const struct json *place = NULL, *other_place = NULL;

	for (const struct json *entry = upper->first; entry; entry = json_next(entry)) {
		const char *name = json_string(json_get(entry, upper->name_key));
		const char *value = json_string(json_get(entry, upper->value_key)), *theirs;

		if (!name || !value)
			return false;
		theirs = find(base, name, &place);
		if ((theirs && strcmp(theirs, value) != 0) || find(other, name, &other_place))
			return false;
	}
	return true;
}

bool layers_agree(int upper, int base)
{
	cleanup_json struct json *upper_manifest = read_manifest(upper), *base_manifest = read_manifest(base);
	const struct list upper_files = {json_first(json_get(upper_manifest, "files")), "path", "sha256"};
	const struct list base_files = {json_first(json_get(base_manifest, "files")), "path", "sha256"};
	const struct list upper_links = {json_first(json_get(upper_manifest, "links")), "name", "target"};
	const struct list base_links = {json_first(json_get(base_manifest, "links")), "name", "target"};

	return upper_files.first && base_files.first && agrees(&upper_files, &base_files, &base_links) &&
	       agrees(&upper_links, &base_links, &base_files);
}
