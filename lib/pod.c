/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pod.h"

#include "err.h"
#include "json.h"

#include <stdio.h>
#include <string.h>

/* Takes what is before the next '_' of *REST. Names of Kubernetes have no '_', and are not empty. */
static bool take_part(const char **rest, char ret[POD_NAME_SIZE])
{
	size_t length = strcspn(*rest, "_");

	if (length == 0 || length >= POD_NAME_SIZE || (*rest)[length] != '_')
		return false;
	snprintf(ret, POD_NAME_SIZE, "%.*s", (int)length, *rest);
	*rest += length + 1;
	return true;
}

bool pod_split(const char *name, struct pod *ret)
{
	struct pod pod = {0};
	char uid[POD_NAME_SIZE];
	const char *rest = name + 4;

	if (strncmp(name, "k8s_", 4) != 0 || !take_part(&rest, pod.container) ||
		!take_part(&rest, pod.name) || !take_part(&rest, pod.namespace) || !take_part(&rest, uid) ||
		!*rest || strspn(rest, "0123456789") != strlen(rest))
		return false;
	*ret = pod;
	return true;
}

static bool take(const struct json *object, const char *key, char ret[POD_NAME_SIZE])
{
	const char *text = json_string(json_get(object, key));

	return text && *text && !strchr(text, '/') &&
	       snprintf(ret, POD_NAME_SIZE, "%s", text) < POD_NAME_SIZE;
}

/* CRI-O's labels are an annotation that is JSON in itself. */
static bool take_labels(const char *text, struct pod *ret)
{
	cleanup_json struct json *labels = NULL;

	return text && json_parse(text, strlen(text), &labels, ERR_IGNORED) == 0 &&
	       take(labels, "io.kubernetes.container.name", ret->container) &&
	       take(labels, "io.kubernetes.pod.name", ret->name) &&
	       take(labels, "io.kubernetes.pod.namespace", ret->namespace);
}

bool pod_of_annotations(const struct json *annotations, struct pod *ret)
{
	const char *name = json_string(json_get(annotations, "io.kubernetes.cri-o.Name"));
	struct pod pod;

	/* The pod's author may write annotations too. These are the engine's own, which it writes last. */
	if ((name && pod_split(name, &pod)) ||
		take_labels(json_string(json_get(annotations, "io.kubernetes.cri-o.Labels")), &pod) ||
		(take(annotations, "io.kubernetes.cri.container-name", pod.container) &&
			take(annotations, "io.kubernetes.cri.sandbox-name", pod.name) &&
			take(annotations, "io.kubernetes.cri.sandbox-namespace", pod.namespace))) {
		*ret = pod;
		return true;
	}
	return false;
}
