/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration file. What is read stays in range, whatever was wrong. */
#include "err.h"
#include "fuzz.h"
#include "policy.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/policy",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct policy policy;
	struct err err = {0};
	int rc;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	policy_default(&policy);
	rc = policy_parse(text, "file", &policy, &err);
	if (rc < 0 ? (err.number != -rc || strncmp(err.text, "file:", 5) != 0) : err.number)
		abort();
	if (policy.enable > POLICY_NONE || policy.log_level < LOG_ERR || policy.log_level > LOG_DEBUG ||
		policy.tools[0] != '/' || !memchr(policy.tools, '\0', sizeof(policy.tools)) ||
		!memchr(policy.unknown, '\0', sizeof(policy.unknown)))
		abort();
	free(text);
	return 0;
}
