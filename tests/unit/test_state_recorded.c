/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runtimes tell a hook, as it was recorded: states and bundles. */
#include "err.h"
#include "state.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PODMAN_CRUN "64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff"
#define PODMAN_RUNC "48024929426a95cfece6ef7104a2eebad61ebeec0f351eb5d70259498c5ae48b"
#define CRIO_CRUN "a6279b943287d1ced06f3916af62fe12c9b3a100a319dbfe97d262bb6650507c"
#define CRIO_RUNC "3114b09b5fd09aa46f5753fc49de6fb9621928fab84f2544b5abc1ab9f13a068"
#define STORAGE "/var/lib/containers/storage/overlay/"
#define PODMAN_CRUN_ROOT STORAGE "bfd6d7674474e82824cd15705422c3589bbb3d879367f523b6acd415da6c33d5/merged"
#define PODMAN_RUNC_ROOT STORAGE "0680ef3f58182167823edb916b1a24e95b3eed4f634c70644d6c31e187714c62/merged"
#define CRIO_CRUN_ROOT STORAGE "765574aba3099b267d6833cb4b61fe6a237b1c1234dce1a49ff0a1e4fcb7e692/merged"
#define CRIO_RUNC_ROOT STORAGE "70c1261d57312d4266791f42de2073bda29bfe59c9edf840b5deb3af2244c735/merged"
#define CRIO_NAME "k8s_httpd_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0"

static void test_recorded_state(
	const char *file, const struct container *wanted, const char *engine, const char *name)
{
	struct container got = CONTAINER_NONE;
	struct err err = {0};
	size_t length;
	char *text = tap_read(file, &length), *exact = tap_exact(text, length);

	tap_number(state_parse(exact, length, &got, &err), 0, "%s is a state", file);
	free(exact);
	free(text);
	tap_string(got.id, wanted->id, "%s: id", file);
	tap_string(got.status, wanted->status, "%s: status", file);
	tap_number(got.pid, wanted->pid, "%s: pid", file);
	tap_string(got.root, wanted->root, "%s: root", file);
	tap_contains(got.bundle, wanted->id, "%s: bundle", file);
	tap_string(state_engine(got.annotations, got.bundle), engine, "%s: engine", file);
	tap_string(state_name(got.annotations), name, "%s: name", file);
	tap_ok(!state_is_sandbox(got.annotations), "%s: no sandbox", file);
	tap_string(json_string(json_get(got.annotations, "oci-crashcart/enable")), "true", "%s: annotation",
		file);
	state_release(&got);
	tap_ok(!got.document && !got.id, "%s: released", file);
}

/* crun tells the root, and a process that is created before it runs; runc says creating, and "created" at poststart. */
static void test_recorded_states(
	const char *pair, const char *id, pid_t pid, const char *root, const char *engine, const char *name)
{
	static const char *const stages[] = {"prestart", "createRuntime", "poststart", "poststop"};
	static const char *const status[2][4] = {
		{"creating", "creating", "created", "stopped"}, {"created", "created", "running", "stopped"}};
	bool is_podman = strcmp(engine, "podman") == 0;

	for (int i = 0; i < 4; i++) {
		bool stopped = i == 3;
		const struct container wanted = {
			.id = id,
			.status = status[root != NULL][i],
			.pid = stopped ? 0 : pid,
			.root = stopped && is_podman ? NULL : root, /* podman itself calls at poststop */
		};
		char file[128];

		snprintf(file, sizeof(file), "tests/samples/%s/state-%s.json", pair, stages[i]);
		test_recorded_state(file, &wanted, engine, name);
	}
}

static void test_recorded_config(const char *file, const char *root, const char *bundle, const char *engine,
	const char *name, bool is_sandbox)
{
	struct config config = CONFIG_NONE;
	struct err err = {0};
	size_t length;
	char *text = tap_read(file, &length), *exact = tap_exact(text, length);

	tap_number(config_parse(exact, length, &config, &err), 0, "%s is a config.json", file);
	free(exact);
	free(text);
	tap_string(config.root, root, "%s: root.path", file);
	tap_string(state_engine(config.annotations, bundle), engine, "%s: engine", file);
	tap_string(state_name(config.annotations), name, "%s: name", file);
	tap_number(state_is_sandbox(config.annotations), is_sandbox, "%s: %s", file,
		is_sandbox ? "a sandbox" : "no sandbox");
	config_release(&config);
	tap_ok(!config.document && !config.root, "%s: released", file);
}

static void test_recorded_configs(void)
{
	static const char pod[] = "k8s_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0";
	static const char tasks[] = "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/";
	char docker[128], ctr[128];

	snprintf(docker, sizeof(docker), "%smoby/f4d2edbdbed0", tasks);
	snprintf(ctr, sizeof(ctr), "%stest/web-ctr", tasks);
	test_recorded_config(
		"tests/samples/podman-crun/config.json", PODMAN_CRUN_ROOT, NULL, "podman", NULL, false);
	test_recorded_config(
		"tests/samples/podman-runc/config.json", PODMAN_RUNC_ROOT, NULL, "podman", NULL, false);
	test_recorded_config(
		"tests/samples/crio-crun/config.json", CRIO_CRUN_ROOT, NULL, "crio", CRIO_NAME, false);
	test_recorded_config(
		"tests/samples/crio-runc/config.json", CRIO_RUNC_ROOT, NULL, "crio", CRIO_NAME, false);
	test_recorded_config("tests/samples/crio-crun/sandbox-config.json",
		STORAGE "2110ed1d010fa388d0cabcc264bec87e6c9b113ecac0150464a117895e6899fa/merged", NULL,
		"crio", pod, true);
	test_recorded_config("tests/samples/crio-runc/sandbox-config.json",
		STORAGE "e5413fc23da1d6b5fd4790487ce20e184305ef4ba1edd978b646ef25243e2082/merged", NULL,
		"crio", pod, true);
	test_recorded_config("tests/samples/docker/config.json",
		"/var/lib/docker/overlay2/95b07124a6b30f92dd7a00cbc3002e830910c6674bcd3f59cabb63ad4654b1e0/"
		"merged",
		docker, "docker", NULL, false);
	test_recorded_config("tests/samples/ctr/config.json", "rootfs", ctr, "containerd", NULL, false);
}

int main(void)
{
	test_recorded_states("podman-crun", PODMAN_CRUN, 26564, PODMAN_CRUN_ROOT, "podman", NULL);
	test_recorded_states("podman-runc", PODMAN_RUNC, 26719, NULL, "podman", NULL);
	test_recorded_states("crio-crun", CRIO_CRUN, 27235, CRIO_CRUN_ROOT, "crio", CRIO_NAME);
	test_recorded_states("crio-runc", CRIO_RUNC, 26985, NULL, "crio", CRIO_NAME);
	test_recorded_configs();
	return tap_done();
}
