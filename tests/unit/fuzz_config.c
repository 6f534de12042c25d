/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The config.json of a bundle. */
#include "err.h"
#include "fuzz.h"
#include "policy.h"
#include "state.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/config",
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
	struct config config = CONFIG_NONE;
	struct policy policy;
	struct err err = {0};
	int rc = config_parse((const char *)data, size, &config, &err);

	if (rc < 0 && (err.number != -rc || !err.text[0] || config.document))
		abort();
	policy_default(&policy);
	(void)policy_refusal(&policy, config.annotations);
	(void)state_engine(config.annotations, config.root);
	(void)state_name(config.annotations);
	(void)state_is_sandbox(config.annotations);
	config_release(&config);
	return 0;
}
