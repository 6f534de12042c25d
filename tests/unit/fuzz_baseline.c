/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The baseline of a container: what is taken has all that is read of it later. */
#include "baseline.h"
#include "err.h"
#include "fuzz.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/baseline",
	NULL,
};

static void check_texts(const struct json *list)
{
	if (!json_is_array(list))
		abort();
	for (const struct json *text = json_first(list); text; text = json_next(text))
		if (!json_string(text))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct baseline baseline = BASELINE_NONE;
	struct err err = {0};
	int rc = baseline_parse((const char *)data, size, 4026531835, &baseline, &err);

	if (rc < 0) {
		if (err.number != -rc || !err.text[0] || baseline.document)
			abort();
		return 0;
	}
	check_texts(baseline.mounts);
	if (baseline.entries)
		check_texts(baseline.entries);
	if (baseline.groups && !*baseline.groups)
		abort();
	baseline_release(&baseline);
	return 0;
}
