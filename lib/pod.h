/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names that a container of a Kubernetes pod has: its own, the pod's, the pod's namespace. Parsers; no files. */
#pragma once

#include <stdbool.h>

struct json;

enum { POD_NAME_SIZE = 256 };

struct pod {
	char container[POD_NAME_SIZE], name[POD_NAME_SIZE], namespace[POD_NAME_SIZE];
};

/* Of "k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT", as CRI-O and cri-dockerd call a container. False: not such a name. */
bool pod_split(const char *name, struct pod *ret);

/* Of the annotations that CRI-O or containerd's CRI gives a container. False: it is in no pod, as far as they tell. */
bool pod_of_annotations(const struct json *annotations, struct pod *ret);
