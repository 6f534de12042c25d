/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine's configuration file. */
#include "engine_settings.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/engine_settings",
	NULL,
};

static void see(const struct engine_setting *value, void *context)
{
	if (strlen(value->table) >= ENGINE_SETTINGS_WORD_LIMIT ||
		strlen(value->key) >= ENGINE_SETTINGS_WORD_LIMIT ||
		strlen(value->text) >= ENGINE_SETTINGS_WORD_LIMIT)
		abort();
	(*(size_t *)context)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0, line = 0;

	(void)engine_settings_each((const char *)data, size, see, &count, &line);
	if (count > size + 1 || line == 0 || line > size + 1)
		abort();
	return 0;
}
