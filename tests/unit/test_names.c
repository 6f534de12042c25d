/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as engines keep them, and where. */
#include "engine_names.h"
#include "err.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID "64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff"

static int parse(const char *text, size_t length, struct engine_names **ret, struct err *err)
{
	char *exact = tap_exact(text, length);
	int rc = engine_names_parse(exact, length, ret, err);

	free(exact);
	if (rc < 0 && (err->number != -rc || !err->text[0] || *ret))
		abort();
	return rc;
}

static void test_recorded(const char *file, const char *id, const char *wanted)
{
	struct engine_names *names = NULL;
	struct err err = {0};
	size_t length;
	char *text = tap_read(file, &length);

	tap_number(parse(text, length, &names, &err), 0, "%s is read", file);
	free(text);
	tap_string(engine_names_find(names, id), wanted, "%s: the name of %.12s", file, id);
	tap_string(engine_names_find(names, ID "0"), NULL, "%s: an id that is not there", file);
	tap_string(engine_names_find(names, ""), NULL, "%s: no id", file);
	engine_names_free(names);
}

static void test_all_recorded(void)
{
	test_recorded("tests/samples/podman-crun/containers.json", ID, "web-crun");
	test_recorded("tests/samples/podman-runc/containers.json",
		"48024929426a95cfece6ef7104a2eebad61ebeec0f351eb5d70259498c5ae48b", "web-runc");
	test_recorded("tests/samples/crio-crun/volatile-containers.json",
		"a6279b943287d1ced06f3916af62fe12c9b3a100a319dbfe97d262bb6650507c",
		"k8s_httpd_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0");
	test_recorded("tests/samples/crio-crun/volatile-containers.json",
		"0e41c415ea46e3392aaf2353480afd30c0fbd32b9d12f3626c6b82e3a45c8422",
		"k8s_POD_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0");
	test_recorded("tests/samples/crio-runc/volatile-containers.json",
		"3114b09b5fd09aa46f5753fc49de6fb9621928fab84f2544b5abc1ab9f13a068",
		"k8s_httpd_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0");
}

static void finds(const char *text, const char *id, const char *wanted)
{
	struct engine_names *names = NULL;
	struct err err = {0};

	if (tap_number(parse(text, strlen(text), &names, &err), 0, "taken: %s", text))
		tap_string(engine_names_find(names, id), wanted, "the name of %s in it", id);
	engine_names_free(names);
}

static void test_shapes(void)
{
	finds("[]", "a", NULL);
	finds("[{\"id\":\"b\",\"names\":[\"B\"]},{\"id\":\"c\",\"names\":[\"C\"]},{\"id\":\"a\",\"names\":["
	      "\"A\"]}]",
		"a", "A");
	finds("[{\"id\":\"b\",\"names\":[\"B\"]},{\"id\":\"c\",\"names\":[\"C\"]},{\"id\":\"a\",\"names\":["
	      "\"A\"]}]",
		"c", "C");
	finds("[{\"id\":\"a\",\"names\":[\"one\",\"two\"]}]", "a", "one");
	finds("[{\"id\":\"a\"},{\"id\":\"b\",\"names\":[\"B\"]}]", "a", NULL);
	finds("[{\"id\":\"a\"},{\"id\":\"b\",\"names\":[\"B\"]}]", "b", "B");
	finds("[{\"id\":\"a\",\"names\":null}]", "a", NULL);
	finds("[{\"id\":\"a\",\"names\":[]}]", "a", NULL);
	finds("[{\"id\":\"a\",\"names\":\"A\"}]", "a", NULL);
	finds("[{\"id\":\"a\",\"names\":[5]}]", "a", NULL);
	finds("[{\"id\":5,\"names\":[\"A\"]}]", "5", NULL);
	finds("[{\"names\":[\"A\"]}]", "", NULL);
	finds("[{\"id\":\"a\\u0000\",\"names\":[\"A\"]}]", "a", NULL);
	finds("[5,null,\"a\",[],{}]", "a", NULL);
	finds("{}", "a", NULL);
	finds("null", "a", NULL);
	finds("\"id\"", "id", NULL);
}

static void test_malformed(void)
{
	static const char *const texts[] = {
		"", "garbage", "[", "[{\"id\":\"a\"", "[{\"id\":\"a\",\"names\":[\"A\"]}", "[}"};
	char deep[201];
	struct engine_names *names = NULL;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		tap_number(parse(texts[i], strlen(texts[i]), &names, &err), -EINVAL, "refused: %s", texts[i]);
	memset(deep, '[', 200);
	deep[200] = '\0';
	tap_number(parse(deep, 200, &names, &err), -E2BIG, "refused: 200 arrays in each other");
	engine_names_free(NULL);
}

static void file_is(const char *bundle, const char *id, const char *wanted)
{
	char path[256] = "";
	bool found = engine_names_file(bundle, id, path, sizeof(path));

	tap_string(found ? path : NULL, wanted, "%s of %.12s", bundle, id);
}

static void test_file(void)
{
	file_is("/var/lib/containers/storage/overlay-containers/" ID "/userdata", ID,
		"/var/lib/containers/storage/overlay-containers/containers.json");
	file_is("/home/me/.local/share/containers/storage/vfs-containers/" ID "/userdata", ID,
		"/home/me/.local/share/containers/storage/vfs-containers/containers.json");
	file_is("/run/containers/storage/overlay-containers/a/userdata", "a",
		"/run/containers/storage/overlay-containers/containers.json");
	file_is("/var/lib/containers/storage/overlay-containers/" ID "/userdata", "a", NULL);
	file_is("/var/lib/containers/storage/overlay-containers/" ID "/userdata/", ID, NULL);
	file_is("/var/lib/containers/storage/overlay-containers/" ID, ID, NULL);
	file_is("/var/lib/containers/storage/containers/a/userdata", "a", NULL);
	file_is("/var/lib/containers/storage/overlay-containers/ba/userdata", "a", NULL);
	file_is("/run/containerd/io.containerd.runtime.v2.task/moby/" ID, ID, NULL);
	file_is("-containers/a/userdata", "a", NULL);
	file_is("", "a", NULL);
	file_is("/", "a", NULL);
}

static void test_file_sizes(void)
{
	static const char bundle[] = "/s/d-containers/a/userdata",
			  wanted[] = "/s/d-containers/containers.json";
	char path[sizeof(wanted)], id[300];

	tap_ok(engine_names_file(bundle, "a", path, sizeof(path)) && strcmp(path, wanted) == 0,
		"a buffer that is just large enough");
	tap_ok(!engine_names_file(bundle, "a", path, sizeof(path) - 1), "one byte less is too small");
	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	tap_ok(!engine_names_file(bundle, id, path, sizeof(path)), "an id that is too long");
}

int main(void)
{
	test_all_recorded();
	test_shapes();
	test_malformed();
	test_file();
	test_file_sizes();
	return tap_done();
}
