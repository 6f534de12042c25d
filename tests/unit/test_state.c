/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runtimes tell a hook: states and bundles that no runtime would write, engines and names. */
#include "err.h"
#include "state.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses; an error has to say so in both ways, and leave the result alone. */
static int parse(const char *text, size_t length, struct container *ret, struct err *err)
{
	char *exact = tap_exact(text, length);
	int rc = state_parse(exact, length, ret, err);

	free(exact);
	if (rc < 0 && (err->number != -rc || !err->text[0] || ret->document || ret->id))
		abort();
	return rc;
}

static void refused(const char *text, const char *reason)
{
	struct container container = CONTAINER_NONE;
	struct err err = {0};

	tap_number(parse(text, strlen(text), &container, &err), -EINVAL, "refused: %s", text);
	tap_contains(err.text, reason, "because: %s", reason);
	state_release(&container);
}

static void test_refused(void)
{
	static const char *const table[][2] = {
		{"", "nothing on standard input"},
		{"garbage", "not valid JSON"},
		{"null", "not an object"},
		{"[]", "not an object"},
		{"\"id\"", "not an object"},
		{"{}", "no id"},
		{"{\"status\":\"running\"}", "no id"},
		{"{\"id\":5,\"status\":\"running\"}", "no id"},
		{"{\"id\":null,\"status\":\"running\"}", "no id"},
		{"{\"id\":[\"a\"],\"status\":\"running\"}", "no id"},
		{"{\"id\":\"a\\u0000b\",\"status\":\"running\"}", "no id"},
		{"{\"id\\u0000\":\"a\",\"status\":\"running\"}", "no id"},
		{"{\"id\":\"a\"}", "no status"},
		{"{\"id\":\"a\",\"status\":5}", "no status"},
		{"{\"id\":\"a\",\"status\":null}", "no status"},
		{"{\"id\":\"a\",\"status\":{}}", "no status"},
		{"{\"id\":\"a\",\"status\":\"s\",\"bundle\":\"b\"}", "not an absolute path"},
		{"{\"id\":\"a\",\"status\":\"s\",\"bundle\":\"\"}", "not an absolute path"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":-1}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":1.0}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":1e3}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":\"1\"}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":[1]}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":2147483648}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":4294967297}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":9223372036854775808}", "pid"},
		{"{\"id\":\"a\",\"status\":\"s\",\"pid\":18446744073709551617}", "pid"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		refused(table[i][0], table[i][1]);
}

static int parse_id(const char *id, struct err *err)
{
	struct container container = CONTAINER_NONE;
	char text[512];
	int rc;

	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"status\":\"created\"}", id);
	rc = parse(text, strlen(text), &container, err);
	state_release(&container);
	return rc;
}

static void test_ids(void)
{
	static const char *const bad[] = {"", ".", "..", "../../etc", "a/b", "/a", "-rf", "--help", ".hidden",
		"a b", "a\\n", "a\\nb", "\\u001b[2J", "a\\t", "a\\u007f", "a\\\\b", "a:b", "a%s", "a*",
		"\\u00e4", "a\\\"b"};
	static const char *const good[] = {"a", "A9", "web-crun", "a.b", "a_b", "a+b", "_x", "+x", "9",
		"64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff"};
	struct err err = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tap_number(parse_id(bad[i], &err), -EINVAL, "no id: \"%s\"", bad[i]);
		tap_contains(err.text, "an id that cannot be a file's name", "it is said of \"%s\"", bad[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		tap_number(parse_id(good[i], &err), 0, "an id: \"%s\"", good[i]);
}

static void taken(const char *text, const struct container *wanted, const char *name)
{
	struct container got = CONTAINER_NONE;
	struct err err = {0};

	tap_number(parse(text, strlen(text), &got, &err), 0, "%s: taken", name);
	tap_number(got.pid, wanted->pid, "%s: pid", name);
	tap_string(got.bundle, wanted->bundle, "%s: bundle", name);
	tap_string(got.root, wanted->root, "%s: root", name);
	tap_ok(!got.annotations, "%s: no annotations", name);
	state_release(&got);
}

static void test_optional_members(void)
{
	const struct container nothing = CONTAINER_NONE, largest = {.pid = 2147483647},
			       paths = {.bundle = "/b", .root = "rootfs"};

	taken("{\"id\":\"a\",\"status\":\"s\"}", &nothing, "id and status alone");
	taken("{\"id\":\"a\",\"status\":\"s\",\"pid\":0}", &nothing, "pid 0");
	taken("{\"id\":\"a\",\"status\":\"s\",\"pid\":2147483647}", &largest, "the largest pid");
	taken("{\"id\":\"a\",\"status\":\"s\",\"bundle\":\"/b\",\"root\":\"rootfs\"}", &paths,
		"a relative root");
	taken("{\"id\":\"a\",\"status\":\"s\",\"bundle\":5,\"root\":{}}", &nothing,
		"paths that are no strings");
	taken("{\"id\":\"a\",\"status\":\"s\",\"pid\":7,\"pid\":0}", &nothing, "the last of two pids");
	taken("{\"id\":\"a\",\"status\":\"s\",\"annotations\":null}", &nothing, "annotations that are null");
	taken("{\"id\":\"a\",\"status\":\"s\",\"annotations\":[\"x\"]}", &nothing,
		"annotations that are an array");
}

/* A container that has stopped has to go, however wrong the rest of its state is. */
static void test_stopped(void)
{
	const struct container nothing = CONTAINER_NONE, paths = {.bundle = "/b"};

	taken("{\"id\":\"a\",\"status\":\"stopped\",\"pid\":\"x\"}", &nothing, "stopped, a pid that is none");
	taken("{\"id\":\"a\",\"status\":\"stopped\",\"pid\":-5,\"bundle\":\"b\"}", &nothing,
		"stopped, a bundle that is none");
	taken("{\"id\":\"a\",\"status\":\"stopped\",\"bundle\":\"/b\"}", &paths,
		"stopped, a bundle that is one");
	refused("{\"id\":\"../a\",\"status\":\"stopped\"}", "an id that cannot be a file's name");
	refused("{\"id\":\"a\",\"status\":\"Stopped\",\"pid\":-5}", "pid");
}

/* Every cut of a state is an error: there is no state in half of one. */
static void test_cut(void)
{
	size_t length, wrong = 0;
	char *text = tap_read("tests/samples/podman-runc/state-prestart.json", &length);

	for (size_t i = 0; i < length; i++) {
		struct container container = CONTAINER_NONE;
		struct err err = {0};

		wrong += parse(text, i, &container, &err) != -EINVAL;
		state_release(&container);
	}
	tap_number((int64_t)wrong, 0, "a state cut at any byte is refused");
	free(text);
}

static void test_bad_configs(void)
{
	static const char *const bad[] = {"", "[]", "null", "{\"root\":", "7"};
	static const char *const rootless[] = {"{}", "{\"root\":{}}", "{\"root\":[]}", "{\"root\":\"/r\"}",
		"{\"root\":{\"path\":5}}", "{\"root\":{\"path\":\"a\\u0000\"}}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct config config = CONFIG_NONE;
		struct err err = {0};

		tap_number(config_parse(bad[i], strlen(bad[i]), &config, &err), -EINVAL, "no config: %s",
			bad[i]);
		tap_ok(!config.document && strncmp(err.text, "config.json: ", 13) == 0, "it is said: %s",
			err.text);
	}
	for (size_t i = 0; i < sizeof(rootless) / sizeof(rootless[0]); i++) {
		struct config config = CONFIG_NONE;

		tap_number(config_parse(rootless[i], strlen(rootless[i]), &config, ERR_IGNORED), 0,
			"taken: %s", rootless[i]);
		tap_string(config.root, NULL, "no root in it");
		config_release(&config);
	}
}

static void test_peek(void)
{
	static const char text[] =
		"{\"process\":{\"root\":{\"path\":\"/no\"},\"args\":[[],{\"annotations\":{}}]},\"root\":"
		"{\"path\":\"/first\"},\"mounts\":[1,2],\"root\":{\"path\":\"/"
		"r\"},\"annotations\":{\"a\":\"b\"},\"x\":{}}";
	struct config config = CONFIG_NONE;

	tap_number(config_peek(text, strlen(text), &config, ERR_IGNORED), 0, "a part of config.json");
	tap_string(config.root, "/r", "the last root, and none of further in");
	tap_string(json_string(json_get(config.annotations, "a")), "b", "the annotations");
	tap_ok(!json_get(config.document, "process") && !json_get(config.document, "x"), "and nothing else");
	config_release(&config);
	tap_number(config_peek(text, strlen(text) - 1, &config, ERR_IGNORED), -EINVAL, "it has to be whole");
	tap_number(config_peek("{\"x\":[1,}", 9, &config, ERR_IGNORED), -EINVAL, "also what is passed over");
}

static void engine_of(const char *annotations, const char *bundle, const char *wanted)
{
	struct json *document = NULL;

	if (annotations)
		json_parse(annotations, strlen(annotations), &document, ERR_IGNORED);
	tap_string(state_engine(document, bundle), wanted, "engine of %s, bundle %s",
		annotations ? annotations : "none", bundle ? bundle : "none");
	json_free(document);
}

static void test_engines(void)
{
	static const char moby[] = "/run/containerd/io.containerd.runtime.v2.task/moby/x";

	engine_of(NULL, NULL, "unknown");
	engine_of(NULL, "/home/me/bundle", "unknown");
	engine_of(NULL, moby, "docker");
	engine_of(NULL, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/x", "containerd");
	engine_of("{\"io.container.manager\":\"libpod\"}", moby, "podman");
	engine_of("{\"io.container.manager\":\"cri-o\"}", NULL, "crio");
	engine_of("{\"io.container.manager\":\"other\"}", NULL, "unknown");
	engine_of("{\"io.container.manager\":5}", NULL, "unknown");
	engine_of("{\"io.kubernetes.cri-o.ContainerID\":\"x\"}", NULL, "crio");
	engine_of("{\"io.podman.annotations.autoremove\":\"FALSE\"}", NULL, "podman");
	engine_of("{\"io.kubernetes.cri.container-type\":\"container\"}", NULL, "containerd");
	engine_of("{\"nerdctl/name\":\"web\"}", NULL, "containerd");
	engine_of("[\"io.container.manager\"]", NULL, "unknown");
}

static void name_of(const char *annotations, const char *wanted, bool is_sandbox)
{
	struct json *document = NULL;

	json_parse(annotations, strlen(annotations), &document, ERR_IGNORED);
	tap_string(state_name(document), wanted, "name in %s", annotations);
	tap_number(state_is_sandbox(document), is_sandbox, "a sandbox or not: %s", annotations);
	json_free(document);
}

/* A name of COUNT letters under the first key, and another under the second. */
static void long_name(size_t count, bool taken)
{
	char text[4096], long_one[2048];

	memset(long_one, 'x', count);
	long_one[count] = '\0';
	snprintf(
		text, sizeof(text), "{\"io.kubernetes.cri-o.Name\":\"%s\",\"nerdctl/name\":\"n\"}", long_one);
	name_of(text, taken ? long_one : "n", false);
}

static void long_bundle(size_t length, int wanted)
{
	struct container container = CONTAINER_NONE;
	struct err err = {0};
	char text[8192] = "{\"id\":\"a\",\"status\":\"s\",\"bundle\":\"/";
	size_t used = strlen(text);

	memset(text + used, 'b', length - 1);
	strcpy(text + used + length - 1, "\"}");
	tap_number(parse(text, strlen(text), &container, &err), wanted, "a bundle of %zu bytes", length);
	state_release(&container);
}

static void test_long(void)
{
	long_name(STATE_NAME_LIMIT, true);
	long_name(STATE_NAME_LIMIT + 1, false);
	long_bundle(4095, 0);
	long_bundle(4096, -EINVAL);
}

static void test_names(void)
{
	name_of("{}", NULL, false);
	name_of("{\"io.kubernetes.cri-o.Name\":\"a\"}", "a", false);
	name_of("{\"io.kubernetes.cri-o.Name\":\"\",\"nerdctl/name\":\"b\"}", "b", false);
	name_of("{\"io.kubernetes.cri.container-name\":\"c\"}", "c", false);
	name_of("{\"io.kubernetes.cri-o.Name\":7}", NULL, false);
	name_of("{\"io.kubernetes.cri.container-type\":\"sandbox\"}", NULL, true);
	name_of("{\"io.kubernetes.cri.container-type\":\"container\"}", NULL, false);
	name_of("{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}", NULL, true);
	name_of("{\"io.kubernetes.cri-o.ContainerType\":true}", NULL, false);
	tap_ok(!state_name(NULL) && !state_is_sandbox(NULL), "no annotations: no name, no sandbox");
}

int main(void)
{
	test_refused();
	test_ids();
	test_optional_members();
	test_stopped();
	test_cut();
	test_bad_configs();
	test_engines();
	test_names();
	test_long();
	test_peek();
	return tap_done();
}
