/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools diff: in what two trees differ, by what their manifests say. Pure. */
#pragma once

#include "manifest_read.h"

struct err;

enum diff_change { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

enum diff_kind { DIFF_TREE, DIFF_TOOL, DIFF_LIBRARY, DIFF_LINK, DIFF_FILE };

/* Texts are the manifests', but for DETAIL. */
struct diff_item {
	enum diff_change change;
	enum diff_kind kind;
	const char *name; /* DIFF_TREE: "architecture" or "loader" */
	char *detail;     /* what it is, or "OLD -> NEW"; null: nothing is known of it */
};

/* Starts as {0}; freed by diff_free. In the order of diff_kind, and then by name. */
struct diff {
	struct diff_item *item;
	size_t count;
};

/*
 * From OLD to NEW. A tool is changed if its package's version or its files are others; what belongs to a tool or library is
 * not named as a file again, and links to a tool that is added or removed are not named beside it. *RET is the caller's, valid as long as both manifests are. -ENOMEM.
 */
int diff_manifests(const struct manifest *old, const struct manifest *new, struct diff *ret, struct err *err);
void diff_free(struct diff *diff);
#define cleanup_diff __attribute__((cleanup(diff_free)))
