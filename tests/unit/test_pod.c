/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of containers in pods. */
#include "json.h"
#include "pod.h"
#include "state.h"
#include "tap.h"

#include "err.h"

#include <stdlib.h>
#include <string.h>

static void is_pod(const struct json *annotations, const char *container, const char *name,
	const char *namespace, const char *what)
{
	struct pod pod = {0};

	tap_ok(pod_of_annotations(annotations, &pod), "%s: in a pod", what);
	tap_string(pod.container, container, "%s: container", what);
	tap_string(pod.name, name, "%s: pod", what);
	tap_string(pod.namespace, namespace, "%s: namespace", what);
}

static void recorded(const char *file, const char *container)
{
	struct config config = CONFIG_NONE;
	struct err err = {0};
	struct pod pod;
	size_t length;
	char *text = tap_read(file, &length);

	tap_number(config_parse(text, length, &config, &err), 0, "%s is read", file);
	if (container)
		is_pod(config.annotations, container, "web", "shop", file);
	else
		tap_ok(!pod_of_annotations(config.annotations, &pod), "%s: in no pod", file);
	config_release(&config);
	free(text);
}

static void made(
	const char *text, const char *container, const char *name, const char *namespace, const char *what)
{
	struct json *annotations = NULL;
	struct pod pod = {.name = "untouched"};

	if (json_parse(text, strlen(text), &annotations, ERR_IGNORED) < 0)
		abort();
	if (container) {
		is_pod(annotations, container, name, namespace, what);
	} else {
		tap_ok(!pod_of_annotations(annotations, &pod), "%s: in no pod", what);
		tap_string(pod.name, "untouched", "%s: nothing is taken", what);
	}
	json_free(annotations);
}

static void split(const char *name, bool wanted)
{
	struct pod pod;

	tap_number(
		pod_split(name, &pod), wanted, "'%.60s' is %s", name, wanted ? "a pod's container" : "none");
}

static void test_long(void)
{
	char name[700];

	memset(name, 'a', sizeof(name));
	memcpy(name, "k8s_", 4);
	memcpy(name + 4 + 255, "_p_n_u_0", 9);
	split(name, true);
	memset(name + 4, 'a', sizeof(name) - 4);
	memcpy(name + 4 + 256, "_p_n_u_0", 9);
	split(name, false);
}

int main(void)
{
	recorded("tests/samples/crio-crun/config.json", "httpd");
	recorded("tests/samples/crio-runc/config.json", "httpd");
	recorded("tests/samples/crio-crun/sandbox-config.json", "POD");
	recorded("tests/samples/podman-crun/config.json", NULL);
	recorded("tests/samples/docker/config.json", NULL);
	made("{\"io.kubernetes.cri.container-name\": \"c\", \"io.kubernetes.cri.sandbox-name\": \"p\", "
	     "\"io.kubernetes.cri.sandbox-namespace\": \"n\"}",
		"c", "p", "n", "containerd");
	made("{\"io.kubernetes.cri-o.Labels\": \"{\\\"io.kubernetes.container.name\\\":\\\"c\\\","
	     "\\\"io.kubernetes.pod.name\\\":\\\"p\\\",\\\"io.kubernetes.pod.namespace\\\":\\\"n\\\"}\"}",
		"c", "p", "n", "CRI-O's labels");
	made("{\"io.kubernetes.pod.name\": \"other\", \"io.kubernetes.pod.namespace\": \"other\", "
	     "\"io.kubernetes.container.name\": \"other\", \"io.kubernetes.cri-o.Name\": \"k8s_c_p_n_u_0\"}",
		"c", "p", "n", "what a pod's author can write does not count");
	made("{\"io.kubernetes.cri.sandbox-name\": \"p\", \"io.kubernetes.cri.sandbox-namespace\": \"n\"}",
		NULL, NULL, NULL, "containerd's sandbox");
	made("{\"io.kubernetes.cri-o.Labels\": \"{\"}", NULL, NULL, NULL, "labels cut short");
	made("{\"io.kubernetes.cri-o.Labels\": \"[]\", \"io.kubernetes.cri-o.Name\": 5}", NULL, NULL, NULL,
		"wrong types");
	made("{\"io.kubernetes.cri.container-name\": \"a/b\", \"io.kubernetes.cri.sandbox-name\": \"p\", "
	     "\"io.kubernetes.cri.sandbox-namespace\": \"n\"}",
		NULL, NULL, NULL, "a slash in a name");
	split("k8s_c_p_n_u_0", true);
	split("k8s_c_p_n_u_10", true);
	split("k8s_c_p_n_u_", false);
	split("k8s_c_p_n_u_x", false);
	split("k8s_c_p_n_u", false);
	split("k8s__p_n_u_0", false);
	split("k8s_c_p_n_u_0_1", false);
	split("k8s", false);
	split("", false);
	split("c_p_n_u_0", false);
	test_long();
	return tap_done();
}
