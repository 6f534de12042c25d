/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256, as 64 hexadecimal digits. The one file that uses nettle. */
#pragma once

#include <stddef.h>

struct err;

enum { HASH_TEXT = 65 }; /* with its NUL */

void hash_memory(const void *data, size_t length, char ret[HASH_TEXT]);

/* Of all that the file at FD holds, from its start, whatever the offset. Returns 0 or -errno. */
int hash_file(int fd, char ret[HASH_TEXT]);
