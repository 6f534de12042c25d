/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a busybox serves. */
#pragma once

struct err;
struct names;

enum { APPLET_LIMIT = 2048 };

/* Runs `BUSYBOX --list` on this host. RET: {0} before; the caller's, also on failure. CANCEL: as in run.h. */
int applets_list(const char *busybox, int cancel, struct names *ret, struct err *err);
