/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest_read.h"

#include "err.h"
#include "io.h"
#include "json.h"
#include "manifest.h"
#include "util.h"

#include <fcntl.h>
#include <string.h>

int manifest_read(int dirfd, struct manifest *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc = io_read_file(dirfd, MANIFEST_NAME, MANIFEST_SIZE_LIMIT, &text, &length, err);

	if (rc == -ENOENT)
		return err_set(err, ENOENT, "not a tools tree: it has no " MANIFEST_NAME);
	return rc < 0 ? rc : manifest_parse(text, length, ret, err);
}

static void free_objects(struct manifest_object *objects, size_t count)
{
	for (size_t i = 0; objects && i < count; i++) {
		for (size_t j = 0; j < objects[i].test_count; j++)
			free_keep_errno(&objects[i].tests[j].arguments);
		free_keep_errno(&objects[i].tests);
	}
	free_keep_errno(&objects);
}

void manifest_free(struct manifest *manifest)
{
	free_objects(manifest->tools, manifest->tool_count);
	free_objects(manifest->libraries, manifest->library_count);
	free_keep_errno(&manifest->links);
	free_keep_errno(&manifest->files);
	json_free(manifest->document);
	*manifest = (struct manifest){0};
}

/* Each kind of item begins with its name. */
static int by_name(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static const void *find(const void *items, size_t count, size_t size, const char *name)
{
	return count ? bsearch(&name, items, count, size, by_name) : NULL;
}

const struct manifest_object *manifest_tool(const struct manifest *manifest, const char *name)
{
	return find(manifest->tools, manifest->tool_count, sizeof(*manifest->tools), name);
}

const struct manifest_object *manifest_library(const struct manifest *manifest, const char *name)
{
	return find(manifest->libraries, manifest->library_count, sizeof(*manifest->libraries), name);
}

const struct manifest_link *manifest_link(const struct manifest *manifest, const char *name)
{
	return find(manifest->links, manifest->link_count, sizeof(*manifest->links), name);
}

const struct manifest_file *manifest_file(const struct manifest *manifest, const char *path)
{
	return find(manifest->files, manifest->file_count, sizeof(*manifest->files), path);
}

int manifest_too_old(struct err *err)
{
	return err_set(err, EINVAL,
		"its manifest lists no files, as those of an older dbg-tools: build the tree anew");
}

int manifest_open_tree(const char *tree, struct err *err)
{
	int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOTDIR)
		return err_set(err, ENOTDIR, "%s: not a directory: an image has to be mounted first", tree);
	return fd < 0 ? err_errno(err, errno, "%s", tree) : fd;
}
