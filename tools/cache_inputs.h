/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the host a tree depends on. */
#pragma once

#include "names.h"

struct build_sources;
struct err;

enum { INPUTS_LIMIT = 8192 };

/*
 * SOURCES, and what decided that it were these: the directories that data is in, what tells the loader its libraries,
 * RECIPES (directories, separated by ":"), and this program. RET: {0} before; the caller's, also on failure. -E2BIG: too
 * many to be looked at each time.
 */
int inputs_of(const struct build_sources *sources, const char *recipes, struct names *ret, struct err *err);
