/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest_read.h"

#include "err.h"
#include "hash.h"
#include "json.h"
#include "manifest.h"
#include "names.h"
#include "util.h"

#include <limits.h>
#include <string.h>

static const char *const linked_names[] = {
	[MANIFEST_DYNAMIC] = "dynamic", [MANIFEST_STATIC] = "static", [MANIFEST_SCRIPT] = "script"};

const char *manifest_linked_name(enum manifest_linked linked)
{
	return linked_names[linked];
}

/* A relative path that has no component to climb by. */
static bool is_inside(const char *path)
{
	if (strlen(path) >= PATH_MAX)
		return false;
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 0 || length > NAME_MAX || (length == 1 && path[0] == '.') ||
			(length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (!path[length])
			return true;
		path += length + 1;
	}
}

static int wrong(struct err *err, const char *what)
{
	return err_set(err, EINVAL, "%s is missing, or not what it should be", what);
}

/* A text, or null where it is null or not there. */
static int take_optional(const struct json *object, const char *key, const char **ret, struct err *err)
{
	const struct json *value = json_get(object, key);

	*ret = json_string(value);
	return *ret || !value || json_is_null(value) ? 0 : wrong(err, key);
}

static int take_inside(const struct json *object, const char *key, const char **ret, struct err *err)
{
	*ret = json_string(json_get(object, key));
	return *ret && is_inside(*ret) ? 0 : wrong(err, key);
}

static int take_linked(const struct json *object, enum manifest_linked *ret, struct err *err)
{
	const char *text = json_string(json_get(object, "linked"));

	for (unsigned int i = 0; text && i < ARRAY_SIZE(linked_names); i++)
		if (strcmp(text, linked_names[i]) == 0) {
			*ret = i;
			return 0;
		}
	return wrong(err, "linked");
}

static size_t count_members(const struct json *array)
{
	size_t count = 0;

	for (const struct json *member = json_first(array); member; member = json_next(member))
		count++;
	return count;
}

/* One of the manifest's lists while it is read. Each kind of item begins with its name. */
struct list {
	const char *key;
	size_t limit; /* of items */
	size_t size;  /* of an item */
	int (*take)(const struct json *object, void *item, struct err *err);
};

static int by_name(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static int sort(void *items, size_t count, size_t size, struct err *err)
{
	const char *item = items;

	if (count)
		qsort(items, count, size, by_name);
	for (size_t i = 1; i < count; i++)
		if (by_name(item + (i - 1) * size, item + i * size) == 0)
			return err_set(
				err, EINVAL, "%s is there twice", *(const char *const *)(item + i * size));
	return 0;
}

/* *RET_ITEMS and *RET_COUNT hold what there is to be freed also on failure. */
static int take_list(
	const struct json *root, const struct list *list, void *ret_items, size_t *ret_count, struct err *err)
{
	const struct json *array = json_get(root, list->key);
	size_t count = count_members(array);
	char *items = count > list->limit ? NULL : calloc(count ?: 1, list->size);
	int rc = 0;

	if (count > list->limit)
		return err_set(err, E2BIG, "%s: more than %zu", list->key, list->limit);
	if (!items)
		return err_errno(err, ENOMEM, "%s", list->key);
	*(void **)ret_items = items;
	*ret_count = count;
	if (!json_is_array(array))
		return wrong(err, list->key);
	for (const struct json *member = json_first(array); member; member = json_next(member)) {
		rc = list->take(member, items, err);
		if (rc < 0)
			return err_prefix(err, "%s", list->key);
		items += list->size;
	}
	rc = sort(*(void **)ret_items, count, list->size, err);
	return rc < 0 ? err_prefix(err, "%s", list->key) : 0;
}

static int take_arguments(const struct json *array, struct manifest_test *test, struct err *err)
{
	size_t count = count_members(array);

	if (!json_is_array(array))
		return wrong(err, "arguments");
	if (count > MANIFEST_ARGUMENT_LIMIT)
		return err_set(err, E2BIG, "a test has more than %d arguments", MANIFEST_ARGUMENT_LIMIT);
	test->arguments = calloc(count + 1, sizeof(*test->arguments));
	if (!test->arguments)
		return err_errno(err, ENOMEM, "arguments");
	for (const struct json *member = json_first(array); member; member = json_next(member)) {
		test->arguments[test->count] = json_string(member);
		if (!test->arguments[test->count++])
			return wrong(err, "an argument of a test");
	}
	return 0;
}

/* Not there: none. */
static int take_tests(const struct json *tool, struct manifest_object *ret, struct err *err)
{
	const struct json *array = json_get(tool, "tests");
	size_t count = count_members(array);
	int rc = 0;

	if (!array)
		return 0;
	if (!json_is_array(array))
		return wrong(err, "tests");
	if (count > MANIFEST_TEST_LIMIT)
		return err_set(err, E2BIG, "more than %d tests", MANIFEST_TEST_LIMIT);
	ret->tests = calloc(count ?: 1, sizeof(*ret->tests));
	if (!ret->tests)
		return err_errno(err, ENOMEM, "tests");
	for (const struct json *member = json_first(array); member && rc == 0; member = json_next(member)) {
		struct manifest_test *test = &ret->tests[ret->test_count++];

		rc = take_optional(member, "output", &test->output, err);
		if (rc == 0)
			rc = take_arguments(json_get(member, "arguments"), test, err);
	}
	return rc;
}

static int take_object(const struct json *object, struct manifest_object *ret, struct err *err)
{
	int rc = take_inside(object, "name", &ret->name, err);

	if (rc == 0)
		rc = take_optional(object, "source", &ret->source, err);
	if (rc == 0)
		rc = take_optional(object, "package", &ret->package, err);
	if (rc == 0)
		rc = take_optional(object, "package-version", &ret->version, err);
	return rc;
}

static int take_library(const struct json *object, void *item, struct err *err)
{
	struct manifest_object *library = item;
	int rc = take_object(object, library, err);

	return rc < 0 && library->name ? err_prefix(err, "%s", library->name) : rc;
}

static int take_tool(const struct json *object, void *item, struct err *err)
{
	struct manifest_object *tool = item;
	int rc = take_object(object, tool, err);

	if (rc == 0 && !names_is_plain(tool->name))
		rc = wrong(err, "name");
	if (rc == 0)
		rc = take_linked(object, &tool->linked, err);
	if (rc == 0)
		rc = take_tests(object, tool, err);
	return rc < 0 && tool->name ? err_prefix(err, "%s", tool->name) : rc;
}

static int take_link(const struct json *object, void *item, struct err *err)
{
	struct manifest_link *link = item;
	int rc = take_inside(object, "name", &link->name, err);

	link->target = json_string(json_get(object, "target"));
	if (rc == 0 && (!link->target || !link->target[0]))
		return wrong(err, "target");
	return rc;
}

/* Four octal digits: a file's permissions. */
static bool read_mode(const char *text, mode_t *ret)
{
	if (!text || strlen(text) != 4 || strspn(text, "01234567") != 4)
		return false;
	*ret = (mode_t)strtoul(text, NULL, 8);
	return true;
}

static bool is_hash(const char *text)
{
	return text && strlen(text) == HASH_TEXT - 1 && strspn(text, "0123456789abcdef") == HASH_TEXT - 1;
}

static int take_file(const struct json *object, void *item, struct err *err)
{
	struct manifest_file *file = item;
	int rc = take_inside(object, "path", &file->path, err);
	int64_t size = -1;

	if (rc < 0)
		return rc;
	file->sha256 = json_string(json_get(object, "sha256"));
	if (!json_number(json_get(object, "size"), &size) || size < 0)
		rc = wrong(err, "size");
	else if (!read_mode(json_string(json_get(object, "mode")), &file->mode))
		rc = wrong(err, "mode");
	else if (!is_hash(file->sha256))
		rc = wrong(err, "sha256");
	file->size = (uint64_t)size;
	return rc < 0 ? err_prefix(err, "%s", file->path) : 0;
}

static int take_lists(const struct json *root, struct manifest *ret, struct err *err)
{
	static const struct list tools = {"tools", MANIFEST_OBJECT_LIMIT, sizeof(struct manifest_object),
					 take_tool},
				 libraries = {"libraries", MANIFEST_OBJECT_LIMIT,
					 sizeof(struct manifest_object), take_library},
				 links = {"links", MANIFEST_LINK_LIMIT, sizeof(struct manifest_link),
					 take_link},
				 files = {"files", SIZE_MAX, sizeof(struct manifest_file), take_file};
	int rc = take_list(root, &tools, &ret->tools, &ret->tool_count, err);

	if (rc == 0)
		rc = take_list(root, &libraries, &ret->libraries, &ret->library_count, err);
	if (rc == 0)
		rc = take_list(root, &links, &ret->links, &ret->link_count, err);
	ret->has_files = json_get(root, files.key) != NULL;
	if (rc == 0 && ret->has_files)
		rc = take_list(root, &files, &ret->files, &ret->file_count, err);
	return rc;
}

/* What it is at all, before anything else is believed. */
static int check_format(const struct json *root, struct err *err)
{
	const char *format = json_string(json_get(root, "format"));
	int64_t version = 0;

	if (!format || strcmp(format, MANIFEST_FORMAT) != 0)
		return err_set(err, EINVAL, "it is not one of a tools tree");
	if (!json_number(json_get(root, "version"), &version) || version < 1)
		return wrong(err, "version");
	if (version > MANIFEST_VERSION)
		return err_set(err, ENOTSUP,
			"of a later dbg-tools (version %lld of the format, this one knows %d)",
			(long long)version, MANIFEST_VERSION);
	return 0;
}

static int take_all(const struct json *root, struct manifest *ret, struct err *err)
{
	int rc = check_format(root, err);

	if (rc < 0)
		return rc;
	rc = take_optional(root, "architecture", &ret->architecture, err);
	if (rc == 0)
		rc = take_optional(root, "loader", &ret->loader, err);
	if (rc == 0 && ret->loader && !names_is_plain(ret->loader))
		rc = wrong(err, "loader");
	if (rc == 0)
		rc = take_optional(root, "inputs", &ret->inputs, err);
	return rc == 0 ? take_lists(root, ret, err) : rc;
}

int manifest_parse(const char *text, size_t length, struct manifest *ret, struct err *err)
{
	cleanup_manifest struct manifest manifest = {0};
	int rc = json_parse(text, length, &manifest.document, err);

	if (rc == 0)
		rc = take_all(manifest.document, &manifest, err);
	if (rc < 0)
		return err_prefix(err, MANIFEST_NAME);
	*ret = manifest;
	manifest = (struct manifest){0};
	return 0;
}
