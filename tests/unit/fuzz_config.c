/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The config.json of a bundle. */
#include "err.h"
#include "fuzz.h"
#include "policy.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_same_text(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) == 0 : one == other;
}

static bool is_same(const struct json *one, const struct json *other)
{
	const struct json *first = json_first(one), *second = json_first(other);

	if (!one || !other)
		return one == other;
	for (; first && second; first = json_next(first), second = json_next(second))
		if (!is_same_text(json_key(first), json_key(second)) ||
			!is_same_text(json_string(first), json_string(second)))
			return false;
	return !first && !second;
}

/* What is looked at in passing is the same. */
static void peek(const uint8_t *data, size_t size, int wanted, const struct config *config)
{
	struct config part = CONFIG_NONE;
	struct err err = {0};

	if (config_peek((const char *)data, size, &part, &err) != wanted ||
		!is_same_text(part.root, config->root) || !is_same(part.annotations, config->annotations))
		abort();
	config_release(&part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config = CONFIG_NONE;
	struct policy policy;
	struct err err = {0};
	int rc = config_parse((const char *)data, size, &config, &err);

	if (rc < 0 && (err.number != -rc || !err.text[0] || config.document))
		abort();
	peek(data, size, rc, &config);
	policy_default(&policy);
	(void)policy_refusal(&policy, config.annotations);
	(void)state_engine(config.annotations, config.root);
	(void)state_name(config.annotations);
	(void)state_is_sandbox(config.annotations);
	config_release(&config);
	return 0;
}
