/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diff.h"

#include "err.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

/* The two manifests, and what was found so far. */
struct comparison {
	const struct manifest *old, *new;
	struct diff *diff;
	struct err *err;
};

/* One of the lists that both have, as an array of items that begin with their name. */
struct list {
	enum diff_kind kind;
	const void *old, *new;
	size_t old_count, new_count, size;
	/* True for what is passed over; may be null. */
	bool (*skip)(const struct comparison *comparison, const char *name);
	/* What is said of an item; new memory, or null. */
	char *(*describe)(const void *item);
	/* Sets *RET (new memory) and returns true if the two differ. */
	bool (*differ)(const struct comparison *comparison, const void *old, const void *new, char **ret);
};

/* DETAIL becomes the list's. */
static int add(const struct comparison *comparison, enum diff_change change, enum diff_kind kind,
	const char *name, char *detail)
{
	struct diff *diff = comparison->diff;
	struct diff_item *bigger = reallocarray(diff->item, diff->count + 1, sizeof(*bigger));

	if (!bigger) {
		free(detail);
		return err_errno(comparison->err, ENOMEM, "compare");
	}
	diff->item = bigger;
	diff->item[diff->count++] = (struct diff_item){change, kind, name, detail};
	return 0;
}

static bool same(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static char *from_to(const char *one, const char *other)
{
	return util_printf("%s -> %s", one ?: "none", other ?: "none");
}

static int compare_text(
	const struct comparison *comparison, const char *name, const char *old, const char *new)
{
	return same(old, new) ? 0 : add(comparison, DIFF_CHANGED, DIFF_TREE, name, from_to(old, new));
}

static const char *name_of(const void *item)
{
	return *(const char *const *)item;
}

/* Both are sorted by name: what comes first is on one side alone. */
static int compare_list(const struct comparison *comparison, const struct list *list)
{
	/* An empty list may be null, to which nothing may be added, not even 0. */
	const char *old = list->old ? list->old : "", *new = list->new ? list->new : "";
	const char *old_end = old + list->old_count * list->size,
		   *new_end = new + list->new_count * list->size;
	int rc = 0;

	while (rc == 0 && (old < old_end || new < new_end)) {
		int order = old == old_end ? 1 : new == new_end ? -1 : strcmp(name_of(old), name_of(new));
		char *detail = NULL;

		if (list->skip && list->skip(comparison, name_of(order > 0 ? new : old)))
			; /* told of elsewhere */
		else if (order < 0)
			rc = add(comparison, DIFF_REMOVED, list->kind, name_of(old), list->describe(old));
		else if (order > 0)
			rc = add(comparison, DIFF_ADDED, list->kind, name_of(new), list->describe(new));
		else if (list->differ(comparison, old, new, &detail))
			rc = add(comparison, DIFF_CHANGED, list->kind, name_of(old), detail);
		old += order <= 0 ? list->size : 0;
		new += order >= 0 ? list->size : 0;
	}
	return rc;
}

static char *describe_object(const void *item)
{
	const struct manifest_object *object = item;

	return object->version ? strdup(object->version) : NULL;
}

/* The hash of PREFIX/NAME, or null. */
static const char *hash_of(const struct manifest *manifest, const char *prefix, const char *name)
{
	cleanup_free char *path = util_printf("%s/%s", prefix, name);
	const struct manifest_file *file = path ? manifest_file(manifest, path) : NULL;

	return file ? file->sha256 : NULL;
}

static bool same_file(const struct comparison *comparison, const char *prefix, const char *name)
{
	return same(hash_of(comparison->old, prefix, name), hash_of(comparison->new, prefix, name));
}

/* What both kinds of objects have. */
static bool package_differs(const struct manifest_object *old, const struct manifest_object *new, char **ret)
{
	if (!same(old->version, new->version))
		*ret = from_to(old->version, new->version);
	else if (!same(old->package, new->package))
		*ret = from_to(old->package, new->package);
	else
		return false;
	return true;
}

static bool tool_differs(const struct comparison *comparison, const void *old, const void *new, char **ret)
{
	const struct manifest_object *one = old, *other = new;

	if (package_differs(one, other, ret))
		return true;
	if (one->linked != other->linked) {
		*ret = from_to(manifest_linked_name(one->linked), manifest_linked_name(other->linked));
		return true;
	}
	if (same_file(comparison, "bin", one->name) && same_file(comparison, "lib/wrapped", one->name))
		return false;
	*ret = strdup("other content");
	return true;
}

static bool library_differs(const struct comparison *comparison, const void *old, const void *new, char **ret)
{
	const struct manifest_object *one = old, *other = new;

	if (package_differs(one, other, ret))
		return true;
	if (same_file(comparison, "lib", one->name))
		return false;
	*ret = strdup("other content");
	return true;
}

static char *describe_link(const void *item)
{
	return util_printf("-> %s", ((const struct manifest_link *)item)->target);
}

static bool link_differs(const struct comparison *comparison, const void *old, const void *new, char **ret)
{
	const struct manifest_link *one = old, *other = new;

	(void)comparison;
	if (same(one->target, other->target))
		return false;
	*ret = from_to(one->target, other->target);
	return true;
}

static char *describe_nothing(const void *item)
{
	(void)item;
	return NULL;
}

/* The name behind PREFIX in PATH, or null. */
static const char *behind(const char *path, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(path, prefix, length) == 0 ? path + length : NULL;
}

static bool has_owner(const struct manifest *manifest, const char *path)
{
	const char *tool = behind(path, "lib/wrapped/") ?: behind(path, "bin/");
	const char *library = behind(path, "lib/");

	return (tool && manifest_tool(manifest, tool)) || (library && manifest_library(manifest, library));
}

/* What belongs to a tool or library is told of as such. */
static bool is_owned(const struct comparison *comparison, const char *path)
{
	return has_owner(comparison->old, path) || has_owner(comparison->new, path);
}

/* A link that came or went together with the tool that serves it: an applet of busybox. */
static bool goes_with_tool(const struct comparison *comparison, const char *name)
{
	const struct manifest_link *old = manifest_link(comparison->old, name),
				   *new = manifest_link(comparison->new, name);
	const struct manifest_link *only = old ? old : new;

	if (!only || (old && new) || !behind(name, "bin/"))
		return false;
	return !manifest_tool(comparison->old, only->target) != !manifest_tool(comparison->new, only->target);
}

static bool file_differs(const struct comparison *comparison, const void *old, const void *new, char **ret)
{
	const struct manifest_file *one = old, *other = new;

	(void)comparison;
	if (!same(one->sha256, other->sha256))
		*ret = strdup("other content");
	else if (one->mode != other->mode)
		*ret = util_printf("mode %04o -> %04o", one->mode, other->mode);
	else
		return false;
	return true;
}

static int compare_all(const struct comparison *comparison)
{
	const struct manifest *old = comparison->old, *new = comparison->new;
	const struct list lists[] = {
		{DIFF_TOOL, old->tools, new->tools, old->tool_count, new->tool_count, sizeof(*old->tools),
			NULL, describe_object, tool_differs},
		{DIFF_LIBRARY, old->libraries, new->libraries, old->library_count, new->library_count,
			sizeof(*old->libraries), NULL, describe_object, library_differs},
		{DIFF_LINK, old->links, new->links, old->link_count, new->link_count, sizeof(*old->links),
			goes_with_tool, describe_link, link_differs},
		{DIFF_FILE, old->files, new->files, old->file_count, new->file_count, sizeof(*old->files),
			is_owned, describe_nothing, file_differs},
	};
	int rc = compare_text(comparison, "architecture", old->architecture, new->architecture);

	if (rc == 0)
		rc = compare_text(comparison, "loader", old->loader, new->loader);
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(lists); i++)
		rc = compare_list(comparison, &lists[i]);
	return rc;
}

int diff_manifests(const struct manifest *old, const struct manifest *new, struct diff *ret, struct err *err)
{
	cleanup_diff struct diff diff = {0};
	int rc = compare_all(&(struct comparison){old, new, &diff, err});

	if (rc < 0)
		return rc;
	*ret = diff;
	diff = (struct diff){0};
	return 0;
}

void diff_free(struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++)
		free_keep_errno(&diff->item[i].detail);
	free_keep_errno(&diff->item);
	diff->count = 0;
}
