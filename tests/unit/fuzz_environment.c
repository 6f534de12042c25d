/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment of a container's process. */
#include "environment.h"
#include "err.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/environment", NULL};

/* What was taken is "NAME=VALUE", with a harmless name. */
static void check(char *entry)
{
	char *equals = strchr(entry, '=');

	if (!equals)
		abort();
	*equals = '\0';
	if (!environment_is_harmless(entry))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct environment environment = {0};
	char *text = malloc(size + 1);
	const char *path = NULL;
	struct err err = {0};
	int rc;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	rc = environment_add_container(&environment, text, size, &path, &err);
	if (rc < 0 ? err.number != -rc : path && (path <= text || path > text + size))
		abort();
	for (size_t i = 0; i < environment.count; i++)
		check(environment.list[i]);
	environment_free(&environment);
	free(text);
	return 0;
}
