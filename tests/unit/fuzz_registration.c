/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of a hooks directory. */
#include "err.h"
#include "fuzz.h"
#include "registration.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/registration",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int precreate = 0; precreate < 2; precreate++) {
		struct registration registration = REGISTRATION_NONE;
		struct err err = {0};
		int rc = registration_parse((const char *)data, size, precreate, &registration, &err);

		if (rc < 0 ? !err.number || registration.document
			   : err.number || registration.path[0] != '/' || !registration.stages)
			abort();
		registration_release(&registration);
	}
	return 0;
}
