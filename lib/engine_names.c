/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_names.h"

#include "err.h"
#include "json.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

struct name {
	const char *id, *name;
};

struct engine_names {
	struct json *document;
	struct name *list; /* sorted by id */
	size_t count;
};

static int by_id(const void *one, const void *other)
{
	return strcmp(((const struct name *)one)->id, ((const struct name *)other)->id);
}

static void add(struct engine_names *names, const struct json *container)
{
	struct name name = {
		.id = json_string(json_get(container, "id")),
		.name = json_string(json_first(json_get(container, "names"))),
	};

	if (name.id && name.name)
		names->list[names->count++] = name;
}

int engine_names_parse(const char *text, size_t length, struct engine_names **ret, struct err *err)
{
	struct engine_names *names = calloc(1, sizeof(*names));
	size_t count = 0;

	if (!names)
		return err_errno(err, ENOMEM, "read names");
	if (json_parse(text, length, &names->document, err) < 0) {
		free(names);
		return -err->number;
	}
	for (const struct json *each = json_first(names->document); each; each = json_next(each))
		count++;
	names->list = calloc(count + 1, sizeof(*names->list));
	if (!names->list) {
		engine_names_free(names);
		return err_errno(err, ENOMEM, "read names");
	}
	for (const struct json *each = json_first(names->document); each; each = json_next(each))
		add(names, each);
	qsort(names->list, names->count, sizeof(*names->list), by_id);
	*ret = names;
	return 0;
}

void engine_names_free(struct engine_names *names)
{
	if (!names)
		return;
	json_free(names->document);
	free(names->list);
	free(names);
}

const char *engine_names_find(const struct engine_names *names, const char *id)
{
	const struct name key = {.id = id};
	const struct name *found =
		names->count ? bsearch(&key, names->list, names->count, sizeof(key), by_id) : NULL;

	return found ? found->name : NULL;
}

bool engine_names_file(const char *bundle, const char *id, char *ret, size_t size)
{
	char tail[256];
	const char *end;
	size_t length;

	if ((size_t)snprintf(tail, sizeof(tail), "-containers/%s/userdata", id) >= sizeof(tail))
		return false;
	length = strlen(bundle);
	if (length <= strlen(tail) || strcmp(bundle + length - strlen(tail), tail) != 0)
		return false;
	/* Up to the driver's directory, whichever driver it is. */
	end = bundle + length - strlen(tail) + strlen("-containers");
	return (size_t)snprintf(ret, size, "%.*s/containers.json", (int)(end - bundle), bundle) < size;
}
