/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start of an image. */
#include "err.h"
#include "fuzz.h"
#include "superblock.h"

#include <errno.h>
#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/superblock",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t sizes[] = {0, 4096, UINT64_MAX};
	size_t length = size < SUPERBLOCK_BYTES ? size : SUPERBLOCK_BYTES;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct err err = {0};
		const char *type = NULL;
		int rc = superblock_type(data, length, sizes[i], &type, &err);

		if (rc == 0 ? !type || !superblock_is_known(type) || err.number : rc != -EINVAL || type)
			abort();
	}
	return 0;
}
