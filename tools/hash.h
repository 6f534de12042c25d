/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256, as 64 hexadecimal digits. The one file that uses nettle. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct err;

enum { HASH_TEXT = 65 }; /* with its NUL */

void hash_memory(const void *data, size_t length, char ret[HASH_TEXT]);

/*
 * Of all that the file at FD holds, from its start, whatever the offset. SIZE: what it had when it was looked at. Returns 0 or
 * -errno; -ETXTBSY: it has more by now. Who writes to it could have us read for ever.
 */
int hash_file(int fd, off_t size, char ret[HASH_TEXT]);
