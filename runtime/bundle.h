/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bundle's config.json: read once, and replaced whole. */
#pragma once

#include "util.h"

#include <sys/types.h>

struct err;

struct bundle {
	int dir;    /* of the bundle */
	char *path; /* of that, absolute */
	char *text; /* LENGTH bytes and a NUL */
	size_t length;
	ino_t inode; /* of config.json as it was read */
};

#define BUNDLE_NONE ((struct bundle){.dir = FD_NONE})

/*
 * Opens the bundle PATH (null: the working directory), and reads its config.json: a regular file of at most
 * CONFIG_SIZE_LIMIT bytes.
 */
int bundle_open(const char *path, struct bundle *ret, struct err *err);
void bundle_close(struct bundle *bundle);
#define cleanup_bundle __attribute__((cleanup(bundle_close)))

/* Takes away what a call that came to no end may have left in the bundle PATH (as above). */
void bundle_sweep(const char *path);

/*
 * Replaces config.json by a file with TEXT, of the same owner and mode. Whoever looks sees the old or the new one, whole, also
 * if we are killed; what then stays is at most one file beside it, which the next call takes away. -ESTALE: it is not the
 * file any more that was read.
 */
int bundle_replace(const struct bundle *bundle, const char *text, size_t length, struct err *err);
