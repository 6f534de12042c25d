/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration files of engines, each taken for all of them, and for a command line. */
#include "engine_conf.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/engine-conf",
	"tests/samples/docker",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_places places = {.count = 0};
	const char *text = (const char *)data, *file = NULL;

	engine_conf_docker(text, size, &places);
	engine_conf_storage(text, size, &places);
	engine_conf_crio(text, size, &places);
	engine_conf_containerd(text, size, &places);
	engine_conf_arguments(text, size, &places, &file);
	if (places.count > ENGINE_PLACES_LIMIT || (file && strlen(file) >= size))
		abort();
	for (size_t i = 0; i < places.count; i++)
		if (places.list[i].path[0] != '/')
			abort();
	engine_places_release(&places);
	return 0;
}
