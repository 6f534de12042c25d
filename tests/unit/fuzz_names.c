/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A containers.json, asked for an id that may be there, and for one that is not. */
#include "engine_names.h"
#include "err.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/names",
	"tests/samples/crio-crun",
	"tests/samples/crio-runc",
	"tests/samples/ctr",
	"tests/samples/docker",
	"tests/samples/podman-crun",
	"tests/samples/podman-runc",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_names *names = NULL;
	struct err err = {0};
	int rc = engine_names_parse((const char *)data, size, &names, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0] || names) : !names)
		abort();
	if (rc == 0) {
		const char *name = engine_names_find(names, "a");

		if ((name && strlen(name) > size) || engine_names_find(names, "no such id \x01"))
			abort();
	}
	engine_names_free(names);
	return 0;
}
