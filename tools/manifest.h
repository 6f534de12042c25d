/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* manifest.json: what a tree holds. The same tree has the same bytes: sorted, and without times and build paths. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct closure;
struct err;

#define MANIFEST_NAME "manifest.json"
enum { MANIFEST_VERSION = 1 };

/* *RET_TEXT: new memory, the caller's. CLOSURE is sorted. */
int manifest_write(const struct closure *closure, char **ret_text, size_t *ret_length, struct err *err);

/* True if the directory DIRFD holds a manifest that this program can have written. */
bool manifest_is_ours(int dirfd);
