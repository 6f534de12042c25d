/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A /proc/PID/cgroup, on a host of both versions. */
#include "cgroup.h"
#include "err.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/cgroup", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char mounts[] =
		"1 1 0:1 / /memory rw - cgroup c rw,memory\n2 1 0:2 /lab /lab rw - cgroup2 c rw\n"
		"3 1 0:3 / /unified rw - cgroup2 c rw\n";
	struct cgroup_place places[CGROUP_LIMIT];
	char *text = malloc(size + 1), *table = strdup(mounts);
	struct err err = {0};
	size_t count = 0;
	int rc;

	if (!text || !table)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	rc = cgroup_find(text, table, places, &count, &err);
	if (rc < 0 ? (err.number != -rc || count) : (count == 0 || count > CGROUP_LIMIT))
		abort();
	for (size_t i = 0; i < count; i++)
		if (places[i].path < text || places[i].path > text + size || places[i].path[0] == '/')
			abort();
	free(text);
	free(table);
	return 0;
}
