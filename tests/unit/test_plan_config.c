/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which config.json gets our mount; and how long a container that has none yet is waited for. */
#include "err.h"
#include "pending.h"
#include "plan_config.h"
#include "tap.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

#define MASTER "/run/oci-crashcart/ctr/c1"
#define OWN "\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"mount\"}]}"
#define DEV "{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":[\"nosuid\"]}"

static struct plan decide(const char *text, size_t length, const char *wanted)
{
	struct config config = CONFIG_NONE;
	struct policy policy;
	struct plan plan = {.verb = PLAN_REMOVE};
	struct err err = {0};

	policy_default(&policy);
	if (config_parse(text, length, &config, &err) == 0)
		plan = plan_config(&config, &policy, MASTER);
	else
		tap_ok(false, "%s: %s", wanted, err.text);
	config_release(&config);
	return plan;
}

static void planned(const char *text, enum plan_verb verb, const char *reason)
{
	struct plan plan = decide(text, strlen(text), reason ? reason : "a mount");

	tap_number(plan.verb, verb, "%.70s", text);
	if (reason)
		tap_contains(plan.reason, reason, "because %s", reason);
}

static void test_namespaces(void)
{
	static const char no_own[] = "no mount namespace of its own", unclear[] = "not understood";

	planned("{" OWN ",\"mounts\":[" DEV "]}", PLAN_ENSURE, NULL);
	planned("{\"mounts\":[" DEV "]}", PLAN_SKIP, no_own);
	planned("{\"linux\":null}", PLAN_SKIP, no_own);
	planned("{\"linux\":{\"namespaces\":null}}", PLAN_SKIP, no_own);
	planned("{\"linux\":{\"namespaces\":[{\"type\":\"pid\"}]}}", PLAN_SKIP, no_own);
	planned("{\"linux\":{\"namespaces\":[{\"type\":\"mount\",\"path\":\"/proc/1/ns/mnt\"}]}}", PLAN_SKIP,
		"joins the mount namespace");
	planned("{\"linux\":{\"namespaces\":[{\"type\":\"mount\",\"path\":\"\"}]},\"mounts\":[" DEV "]}",
		PLAN_ENSURE, NULL);
	planned("{\"linux\":[]}", PLAN_SKIP, unclear);
	planned("{\"linux\":{\"namespaces\":{}}}", PLAN_SKIP, unclear);
	planned("{\"linux\":{\"namespaces\":[1]}}", PLAN_SKIP, unclear);
	planned("{\"linux\":{\"namespaces\":[{\"type\":1}]}}", PLAN_SKIP, unclear);
	planned("{\"Linux\":{}," OWN "}", PLAN_SKIP, unclear);
	planned("{\"vm\":{}," OWN ",\"mounts\":[" DEV "]}", PLAN_SKIP, "virtual machine");
	planned("{\"linux\":{\"rootfsPropagation\":\"runbindable\",\"namespaces\":[{\"type\":\"mount\"}]}}",
		PLAN_SKIP, "unbindable");
}

static void test_mounts(void)
{
	static const char no_dev[] = "not a tmpfs of its own", unclear[] = "not understood";

	planned("{" OWN "}", PLAN_SKIP, no_dev);
	planned("{" OWN ",\"mounts\":[]}", PLAN_SKIP, no_dev);
	planned("{" OWN ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"bind\",\"source\":\"/dev\"}]}",
		PLAN_SKIP, no_dev);
	planned("{" OWN ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"/dev\","
		"\"options\":[\"rbind\"]}]}",
		PLAN_SKIP, no_dev);
	planned("{" OWN ",\"mounts\":[{\"destination\":\"/dev\",\"type\":\"devtmpfs\"}]}", PLAN_SKIP, no_dev);
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/\",\"source\":\"/dev\"}]}", PLAN_SKIP,
		no_dev);
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/\",\"source\":\"/srv\"}]}", PLAN_SKIP,
		no_dev);
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/crashcart\",\"source\":\"/srv\"}]}",
		PLAN_SKIP, "already");
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/crashcart/x\",\"source\":\"" MASTER
		"\"}]}",
		PLAN_SKIP, "already");
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/crashcart\",\"source\":\"" MASTER
		"\"}]}",
		PLAN_LEAVE, "has the mount already");
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/crashcart\",\"source\":\"" MASTER
		"0\"}]}",
		PLAN_ENSURE, NULL);
	planned("{" OWN ",\"mounts\":[" DEV ",{\"destination\":\"/dev/crashcart2\"}]}", PLAN_ENSURE, NULL);
	planned("{" OWN ",\"mounts\":{}}", PLAN_SKIP, unclear);
	planned("{" OWN ",\"mounts\":[{}]}", PLAN_SKIP, unclear);
	planned("{" OWN ",\"mounts\":[],\"mounts\":[]}", PLAN_SKIP, unclear);
}

static void test_policy(void)
{
	planned("{\"annotations\":{\"oci-crashcart/enable\":\"false\"}," OWN ",\"mounts\":[" DEV "]}",
		PLAN_SKIP, "oci-crashcart/enable is false");
	planned("{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}}", PLAN_SKIP,
		"sandbox");
}

static void test_samples(void)
{
	static const struct {
		const char *path;
		enum plan_verb verb;
	} samples[] = {{"crio-crun/config.json", PLAN_ENSURE}, {"crio-crun/sandbox-config.json", PLAN_SKIP},
		{"crio-runc/config.json", PLAN_ENSURE}, {"ctr/config.json", PLAN_ENSURE},
		{"docker/config.json", PLAN_ENSURE}, {"podman-crun/config.json", PLAN_ENSURE},
		{"podman-runc/config.json", PLAN_ENSURE}};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char path[128], *text;
		size_t length;

		snprintf(path, sizeof(path), "tests/samples/%s", samples[i].path);
		text = tap_read(path, &length);
		tap_number(decide(text, length, path).verb, samples[i].verb, "%s", path);
		free(text);
	}
}

static void test_marks(void)
{
	const struct pending mark = {INT32_MAX, UINT64_C(9223372036854775807), 4026531836, 100};
	struct pending read = {0};
	static const char *const wrong[] = {"", "\n", "1 2 3\n", "1 2 3 4", "1 2 3 4 5\n", "-1 2 3 4\n",
		"2147483648 2 3 4\n", "1 2 3 x\n", "1  2 3 4\n"};
	char text[96];

	pending_format(&mark, text);
	tap_ok(pending_parse(text, &read) && memcmp(&read, &mark, sizeof(mark)) == 0, "a mark is read back");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		tap_ok(!pending_parse(wrong[i], &read), "no mark: '%s'", wrong[i]);
	tap_ok(!pending_is_over(&mark, 100, true), "a fresh mark counts");
	tap_ok(!pending_is_over(&mark, 100 + PENDING_SECONDS - 1, true), "also without its creator");
	tap_ok(pending_is_over(&mark, 100 + PENDING_SECONDS, true), "but not for long");
	tap_ok(!pending_is_over(&mark, 99 + PENDING_LIMIT_SECONDS, false), "with it, for longer");
	tap_ok(pending_is_over(&mark, 100 + PENDING_LIMIT_SECONDS, false), "but not for ever");
	tap_ok(pending_is_over(&mark, 99, false), "and not beyond a boot");
}

int main(void)
{
	test_namespaces();
	test_mounts();
	test_policy();
	test_samples();
	test_marks();
	return tap_done();
}
