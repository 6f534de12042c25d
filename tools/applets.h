/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a busybox serves. */
#pragma once

struct err;
struct names;
struct root;

enum { APPLET_LIMIT = 2048 };

/*
 * Of the busybox at SOURCE, a path without symbolic links: what `busybox --list` says, where ROOT is the host's. A program
 * of another root file system is never run: there, the names in its directories of programs that lead to it. RET: {0}
 * before; the caller's, also on failure. CANCEL: as in run.h.
 */
int applets_list(const struct root *root, const char *source, int cancel, struct names *ret, struct err *err);
