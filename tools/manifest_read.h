/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The manifest of a tree, read. A tree may come from anywhere: sizes are limited, each value's type is checked, and
 * every name and path in it is one that stays below the tree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct json;

enum { MANIFEST_TEST_LIMIT = 64, MANIFEST_ARGUMENT_LIMIT = 256 };
/* No fewer than build takes of a kind. Each tool is compared with each link. */
enum { MANIFEST_OBJECT_LIMIT = 4096, MANIFEST_LINK_LIMIT = 1 << 14 };

/* A run of a tool that has to end with status 0, and to print OUTPUT somewhere. */
struct manifest_test {
	const char **arguments; /* COUNT, and a null behind them */
	size_t count;
	const char *output; /* null: whatever */
};

enum manifest_linked { MANIFEST_DYNAMIC, MANIFEST_STATIC, MANIFEST_SCRIPT };

/* A tool in bin/, or a library in lib/ (without the last three). */
struct manifest_object {
	const char *name;
	const char *source, *package, *version; /* each may be null; VERSION is the package's */
	enum manifest_linked linked;
	struct manifest_test *tests;
	size_t test_count;
};

struct manifest_link {
	const char *name; /* below the tree */
	const char *target;
};

struct manifest_file {
	const char *path; /* below the tree */
	uint64_t size;
	mode_t mode;
	const char *sha256; /* as HASH_TEXT */
};

/* Starts as {0}; freed by manifest_free. Texts are the document's. Lists are sorted by name, no name is there twice. */
struct manifest {
	struct json *document;
	const char *architecture; /* null: nothing in it is an ELF file */
	const char *loader;       /* in lib/; null: nothing in the tree needs one */
	const char *inputs;       /* or null */
	struct manifest_object *tools, *libraries;
	struct manifest_link *links;
	struct manifest_file *files;
	size_t tool_count, library_count, link_count, file_count;
	bool has_files; /* false: of a dbg-tools that did not list them yet */
};

/*
 * Reads the manifest of the tree DIRFD. -ENOENT: it has none; -EINVAL: it is not what it should be; -ENOTSUP: of a later
 * version; -EFBIG, -E2BIG: beyond a limit; -ENOMEM. *RET is untouched on failure.
 */
int manifest_read(int dirfd, struct manifest *ret, struct err *err);

/* manifest_parse.c. Pure: from the LENGTH bytes of TEXT. */
int manifest_parse(const char *text, size_t length, struct manifest *ret, struct err *err);
void manifest_free(struct manifest *manifest);
#define cleanup_manifest __attribute__((cleanup(manifest_free)))

/* Null: there is none. */
const struct manifest_object *manifest_tool(const struct manifest *manifest, const char *name);
const struct manifest_object *manifest_library(const struct manifest *manifest, const char *name);
const struct manifest_link *manifest_link(const struct manifest *manifest, const char *name);
const struct manifest_file *manifest_file(const struct manifest *manifest, const char *path);

/* "dynamic", "static" or "script". */
const char *manifest_linked_name(enum manifest_linked linked);

/* For who needs has_files. Returns -EINVAL. */
int manifest_too_old(struct err *err);

/* Opens the directory TREE to be read, for the verbs that take one. Returns a descriptor; -ENOTDIR: perhaps an image. */
int manifest_open_tree(const char *tree, struct err *err);
