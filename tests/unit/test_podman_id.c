/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which container a config.json of podman's is of. */
#include "err.h"
#include "json.h"
#include "podman_id.h"
#include "tap.h"
#include "util.h"

#include <string.h>

#define ONE "725b07ae2ba243673be6c7c99adaf9e1790a787e842976ad88048995b7ff6fcf"
#define TWO "c53eb8ffec25011e2890f9bcb45ddf9201666de9c9b6b1ee8d75726d48a4106d"
#define CGROUP(path) "\"linux\":{\"cgroupsPath\":\"" path "\"}"
#define MOUNT(destination, source)                                                                           \
	"{\"destination\":\"" destination "\",\"type\":\"bind\",\"source\":\"" source "\"}"
#define OWN(id)                                                                                              \
	MOUNT("/run/.containerenv",                                                                          \
		"/run/containers/storage/overlay-containers/" id "/userdata/.containerenv")

static void found(const char *text, const char *wanted)
{
	cleanup_json struct json *config = NULL;
	char id[PODMAN_ID_LENGTH + 1] = "";

	if (json_parse(text, strlen(text), &config, ERR_IGNORED) < 0)
		tap_ok(false, "not JSON: %s", text);
	else
		tap_string(podman_id(config, id) ? id : NULL, wanted, "%.90s", text);
}

static void test_cgroups(void)
{
	found("{" CGROUP("/libpod_parent/libpod-" ONE) "}", ONE);
	found("{" CGROUP("/libpod_parent/" TWO "/libpod-" ONE) "}", ONE);
	found("{" CGROUP("machine.slice:libpod:" ONE) "}", ONE);
	found("{" CGROUP("/user.slice/x.service/libpod-payload-" ONE) "}", ONE);
	found("{" CGROUP("/libpod_parent/libpod-" ONE "/init") "}", NULL);
	found("{" CGROUP("/libpod_parent/libpod-" ONE "a") "}", NULL);
	found("{" CGROUP("/docker/" ONE) "}", NULL);
	found("{" CGROUP("/xlibpod-" ONE) "}", NULL);
	found("{" CGROUP("/libpod-725B07AE2BA243673BE6C7C99ADAF9E1790A787E842976AD88048995B7FF6FCF") "}",
		NULL);
	found("{" CGROUP("/libpod-short") "}", NULL);
	found("{" CGROUP("") "}", NULL);
	found("{\"linux\":{\"cgroupsPath\":7}}", NULL);
}

static void test_mounts(void)
{
	found("{\"mounts\":[" OWN(ONE) "]}", ONE);
	found("{\"mounts\":[" OWN(TWO) "," OWN(ONE) "]}", ONE);
	found("{\"mounts\":[" OWN(ONE) "," MOUNT("/run/.containerenv", "/srv/mine") "]}", NULL);
	found("{\"mounts\":[" MOUNT(
		      "/run//.containerenv/", "/x/vfs-containers/" ONE "/userdata/.containerenv") "]}",
		ONE);
	found("{\"mounts\":[" MOUNT("/etc/hosts", "/x/overlay-containers/" ONE "/userdata/hosts") "]}", NULL);
	found("{\"mounts\":[" MOUNT(
		      "/run/.containerenv", "/x/overlay-containers/" ONE "/userdata/hosts") "]}",
		NULL);
	found("{\"mounts\":[" MOUNT(
		      "/run/.containerenv", "/x/overlay-containers/a/userdata/.containerenv") "]}",
		NULL);
	found("{\"mounts\":{}}", NULL);
	found("{\"mounts\":[1,null,{}]}", NULL);
	found("[]", NULL);
}

static void test_both(void)
{
	found("{\"mounts\":[" OWN(ONE) "]," CGROUP("/libpod_parent/libpod-" ONE) "}", ONE);
	found("{\"mounts\":[" OWN(ONE) "]," CGROUP("/libpod_parent/libpod-" TWO) "}", NULL);
	found("{\"mounts\":[" MOUNT("/run/.containerenv", "/srv/mine") "]," CGROUP(
		      "/libpod_parent/libpod-" TWO) "}",
		TWO);
}

static void test_samples(void)
{
	static const struct {
		const char *path, *id;
	} samples[] = {{"tests/samples/podman-crun/config.json",
			       "64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff"},
		{"tests/samples/docker/config.json", NULL}, {"tests/samples/ctr/config.json", NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char *text = tap_read(samples[i].path, NULL);

		found(text, samples[i].id);
		free(text);
	}
}

int main(void)
{
	test_cgroups();
	test_mounts();
	test_both();
	test_samples();
	return tap_done();
}
