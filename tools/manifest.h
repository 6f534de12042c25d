/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* manifest.json: what a tree holds. The same tree has the same bytes: sorted, and without times and build paths. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct closure;
struct err;
struct tree_files;

#define MANIFEST_NAME "manifest.json"
#define MANIFEST_FORMAT "oci-crashcart tools tree"
enum { MANIFEST_VERSION = 1, MANIFEST_SIZE_LIMIT = 16 << 20 };

/* INPUTS: of closure_hash. *RET_TEXT: new memory, the caller's. CLOSURE is sorted, and so is FILES. */
int manifest_write(const struct closure *closure, const char *inputs, const struct tree_files *files,
	char **ret_text, size_t *ret_length, struct err *err);

/* True if the directory DIRFD holds a manifest that this program can have written. */
bool manifest_is_ours(int dirfd);

/* True if the tree DIRFD was made from INPUTS, and has all its files, of the right sizes. Their content is not read. */
bool manifest_is_current(int dirfd, const char *inputs);
