/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hash.h"

#include "util.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <unistd.h>

static void finish(struct sha256_ctx *context, char ret[HASH_TEXT])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

void hash_memory(const void *data, size_t length, char ret[HASH_TEXT])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, length, data);
	finish(&context, ret);
}

int hash_file(int fd, off_t size, char ret[HASH_TEXT])
{
	struct sha256_ctx context;
	uint8_t block[65536];
	off_t offset = 0;
	ssize_t got;

	sha256_init(&context);
	while ((got = pread(fd, block, sizeof(block), offset)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		sha256_update(&context, (size_t)got, block);
		offset += got;
		if (offset > size)
			return -ETXTBSY;
	}
	finish(&context, ret);
	return 0;
}
