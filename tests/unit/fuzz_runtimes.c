/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a runtime keeps of the container "c1". */
#include "err.h"
#include "fuzz.h"
#include "runtime_state.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/runtimes",
	"tests/samples/crio-crun",
	"tests/samples/podman-crun",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record = RECORD_NONE;
	struct err err = {0};
	int rc = runtime_state_parse((const char *)data, size, "c1", &record, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0] || record.memory)
		   : (strcmp(record.id, "c1") != 0 || record.pid <= 0 || !record.foreign ||
			     (record.bundle && record.bundle[0] != '/')))
		abort();
	record_release(&record);
	return 0;
}
