/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A config.v2.json of the container "a". */
#include "engine_docker.h"
#include "err.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/docker",
	"tests/samples/docker",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	char *name = NULL;
	int rc = docker_parse((const char *)data, size, "a", &name, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0] || name) : (!name || !*name || strlen(name) > size))
		abort();
	free(name);
	return 0;
}
