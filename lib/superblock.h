/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kind of file system an image holds, told by its super block. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* As much of the start of an image as has to be read; an image may be shorter. */
enum { SUPERBLOCK_BYTES = 2048 };

/*
 * HEAD: the first LENGTH bytes of an image of SIZE bytes; LENGTH is SUPERBLOCK_BYTES, or SIZE where that is less.
 * *RET_TYPE: "erofs", "squashfs" or "ext4", a constant. -EINVAL: it is none of these, or shorter than its super block
 * says: a file system that is cut short could be mounted, and would then kill its programs one by one.
 */
int superblock_type(
	const unsigned char *head, size_t length, uint64_t size, const char **ret_type, struct err *err);

/* True if TYPE is one of these three names. */
bool superblock_is_known(const char *type);
