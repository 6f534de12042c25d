/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The OCI state. What is taken has an id that is fit for a path, a pid, and annotations that can be asked. */
#include "err.h"
#include "fuzz.h"
#include "path.h"
#include "plan.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/state",
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
	struct container container = CONTAINER_NONE;
	struct policy policy;
	struct err err = {0};
	int rc = state_parse((const char *)data, size, &container, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0] || container.document)
		   : (!path_is_id(container.id) || container.pid < 0 ||
			     (container.bundle && container.bundle[0] != '/')))
		abort();
	policy_default(&policy);
	if (rc == 0)
		(void)plan_state(&container, container.annotations, &policy);
	(void)state_engine(container.annotations, container.bundle);
	(void)state_name(container.annotations);
	state_release(&container);
	return 0;
}
