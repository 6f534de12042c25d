/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The name of a container in a pod; and a path of a control group, which may have an id in it. */
#include "cgroup_session.h"
#include "fuzz.h"
#include "pod.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/pod", NULL};

static void check(const char *part, const char *name)
{
	if (!part[0] || !memchr(part, '\0', POD_NAME_SIZE) || !strstr(name, part))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pod pod;
	ssize_t parent;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (pod_split(text, &pod)) {
		check(pod.container, text);
		check(pod.name, text);
		check(pod.namespace, text);
	}
	parent = cgroup_session_parent(text, "c1");
	if (parent < -1 || parent > (ssize_t)strlen(text))
		abort();
	free(text);
	return 0;
}
