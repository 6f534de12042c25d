/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A manifest of a tree. What is taken is sorted, within its limits, and stays below the tree. */
#include "diff.h"
#include "err.h"
#include "fuzz.h"
#include "manifest_read.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/manifest",
	NULL,
};

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_path(const char *path)
{
	check(path && path[0] && path[0] != '/' && strncmp(path, "../", 3) != 0 && !strstr(path, "/../"));
}

static void check_tool(const struct manifest *manifest, size_t i)
{
	const struct manifest_object *tool = &manifest->tools[i];

	check(!strchr(tool->name, '/') && manifest_tool(manifest, tool->name) == tool &&
		manifest_linked_name(tool->linked));
	check(i == 0 || strcmp(tool[-1].name, tool->name) < 0);
	check(tool->test_count <= MANIFEST_TEST_LIMIT);
	for (size_t j = 0; j < tool->test_count; j++)
		check(tool->tests[j].count <= MANIFEST_ARGUMENT_LIMIT &&
			!tool->tests[j].arguments[tool->tests[j].count]);
}

static void check_lists(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->tool_count; i++)
		check_tool(manifest, i);
	for (size_t i = 0; i < manifest->library_count; i++)
		check_path(manifest->libraries[i].name);
	for (size_t i = 0; i < manifest->link_count; i++)
		check_path(manifest->links[i].name);
	for (size_t i = 0; i < manifest->file_count; i++) {
		check_path(manifest->files[i].path);
		check(manifest->files[i].mode <= 07777 && strlen(manifest->files[i].sha256) == 64);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_manifest struct manifest manifest = {0};
	cleanup_diff struct diff diff = {0};
	struct err err = {0};
	int rc = manifest_parse((const char *)data, size, &manifest, &err);

	if (rc < 0) {
		check(err.number == -rc && err.text[0] && !manifest.document);
		return 0;
	}
	check_lists(&manifest);
	check(diff_manifests(&manifest, &manifest, &diff, &err) == 0 && diff.count == 0);
	return 0;
}
