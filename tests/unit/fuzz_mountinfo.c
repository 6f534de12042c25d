/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mount table. Every text of an entry lies in the buffer. */
#include "fuzz.h"
#include "mountinfo.h"
#include "plan.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/mountinfo",
	NULL,
};

static void check(const char *buffer, size_t size, const char *text)
{
	if (text < buffer || text > buffer + size || strlen(text) > (size_t)(buffer + size - text))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buffer = malloc(size + 1), *cursor = buffer;
	struct mount_entry entry;

	if (!buffer)
		abort();
	memcpy(buffer, data, size);
	buffer[size] = '\0';
	while (mountinfo_next(&cursor, &entry)) {
		check(buffer, size, entry.root);
		check(buffer, size, entry.point);
		check(buffer, size, entry.options);
		check(buffer, size, entry.type);
		check(buffer, size, entry.source);
		(void)plan_unproven(&entry, 1);
		(void)plan_is_provision(&entry, 1, "c1");
	}
	check(buffer, size, cursor);
	free(buffer);
	return 0;
}
