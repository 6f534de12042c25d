/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is put into a config.json: it stays JSON, loses no byte that is not replaced, and has nothing more to be done. */
#include "config_edit.h"
#include "err.h"
#include "fuzz.h"
#include "plan_config.h"
#include "podman_id.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/config_edit",
	"tests/unit/corpus/config",
	"tests/samples/crio-crun",
	"tests/samples/crio-runc",
	"tests/samples/ctr",
	"tests/samples/docker",
	"tests/samples/podman-crun",
	"tests/samples/podman-runc",
	NULL,
};

static const struct config_additions additions = {.master = "/run/m", .hook = "/h"};

static bool has(const uint8_t *data, size_t size, const char *part)
{
	return memmem(data, size, part, strlen(part)) != NULL;
}

/* A null, an empty text, "rprivate" and another container's master are replaced; else all bytes are there, in their order. */
static void check_bytes(const uint8_t *data, size_t size, const char *edited, size_t length)
{
	size_t found = 0;

	if (has(data, size, "null") || has(data, size, "/run/") || has(data, size, "\"\"") ||
		has(data, size, "private") || has(data, size, "\\u"))
		return;
	for (size_t i = 0; i < length && found < size; i++)
		found += (uint8_t)edited[i] == data[found];
	if (found != size)
		abort();
}

static void check_again(const char *edited, size_t length)
{
	char *again = NULL;
	struct err err = {0};
	int rc = config_edit(edited, length, &additions, &again, &length, &err);

	/* The limits are those of any text: what was added may be too much for them. */
	if (again || (rc < 0 && rc != -E2BIG))
		abort();
}

static void decide(const uint8_t *data, size_t size)
{
	struct config config = CONFIG_NONE;
	char id[PODMAN_ID_LENGTH + 1];
	struct policy policy;

	policy_default(&policy);
	if (config_parse((const char *)data, size, &config, ERR_IGNORED) == 0) {
		struct plan plan = plan_config(&config, &policy, additions.master);

		if (plan.verb != PLAN_ENSURE && !plan.reason)
			abort();
		(void)podman_id(config.document, id);
	}
	config_release(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *edited = NULL;
	size_t length = 0;
	struct err err = {0};
	int rc = config_edit((const char *)data, size, &additions, &edited, &length, &err);

	if (rc < 0 && (edited || err.number != -rc || !err.text[0]))
		abort();
	if (edited) {
		check_bytes(data, size, edited, length);
		check_again(edited, length);
	}
	free(edited);
	decide(data, size);
	return 0;
}
