/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seccomp profile in the config.json of a bundle. */
#include "err.h"
#include "fuzz.h"
#include "json.h"
#include "seccomp_profile.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/seccomp",
	"tests/unit/corpus/config",
	"tests/samples/docker",
	"tests/samples/podman-crun",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	struct err err = {0};
	int rc = seccomp_profile_parse((const char *)data, size, &profile, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0]) : rc > 1)
		abort();
	if ((rc == 1) != (profile.document != NULL) || profile.rule_count > SECCOMP_RULES_LIMIT)
		abort();
	for (size_t i = 0; i < profile.rule_count; i++)
		if (profile.rules[i].condition_count > SECCOMP_CONDITIONS_LIMIT ||
			!json_is_array(profile.rules[i].names))
			abort();
	seccomp_profile_release(&profile);
	return 0;
}
