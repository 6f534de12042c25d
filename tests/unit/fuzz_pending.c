/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mark of a container that is still to come. What is taken comes out the same when it is written and read again. */
#include "fuzz.h"
#include "pending.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/pending", NULL};

static bool is_same(const struct pending *one, const struct pending *other)
{
	return one->pid == other->pid && one->start_time == other->start_time &&
	       one->pid_namespace == other->pid_namespace && one->since == other->since;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), again[96];
	struct pending pending, same;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (pending_parse(text, &pending)) {
		pending_format(&pending, again);
		if (!pending_parse(again, &same) || !is_same(&pending, &same))
			abort();
		(void)pending_is_over(&pending, 1000, false);
	}
	free(text);
	return 0;
}
