/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runtimes keep of containers that were started without the hook. */
#include "err.h"
#include "io.h"
#include "ns.h"
#include "runtime_state.h"
#include "runtimes.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct record *ret)
{
	struct err err = {0};
	char *exact = tap_exact(text, strlen(text));
	int rc = runtime_state_parse(exact, strlen(text), "c1", ret, &err);

	free(exact);
	if (rc < 0 && (err.number != -rc || !err.text[0]))
		abort();
	return rc;
}

static void is_file(const char *name, pid_t pid, uint64_t start_time, const char *bundle)
{
	const char *srcdir = getenv("srcdir");
	struct record record = RECORD_NONE;
	char path[4096], *text = NULL;

	snprintf(path, sizeof(path), "%s/tests/unit/corpus/runtimes/%s", srcdir ? srcdir : ".", name);
	tap_ok(io_read_file(AT_FDCWD, path, 65536, &text, NULL, ERR_IGNORED) == 0 &&
			parse(text, &record) == 0,
		"%s: it is read", name);
	tap_string(record.id, "c1", "%s: the id is the directory's", name);
	tap_number(record.pid, pid, "%s: pid", name);
	tap_ok(record.start_time == start_time, "%s: start time", name);
	tap_string(record.bundle, bundle, "%s: bundle", name);
	tap_ok(record.foreign && !record.tools && !record.moved_device, "%s: nothing is attached", name);
	record_release(&record);
	free(text);
}

static void is_sample(const char *file, const char *id, pid_t pid, uint64_t start_time)
{
	struct record record = RECORD_NONE;
	struct err err = {0};
	size_t length;
	char *text = tap_read(file, &length);

	tap_number(runtime_state_parse(text, length, id, &record, &err), 0, "%s is read", file);
	tap_number(record.pid, pid, "%s: pid", file);
	tap_ok(record.start_time == start_time, "%s: start time", file);
	tap_contains(record.bundle, id, "%s: bundle", file);
	record_release(&record);
	free(text);
}

static void test_samples(void)
{
	static const char other[] = "0e41c415ea46e3392aaf2353480afd30c0fbd32b9d12f3626c6b82e3a45c8422";
	struct record record = RECORD_NONE;
	size_t length;
	char *text = tap_read("tests/samples/docker/runc-state.json", &length);

	is_sample("tests/samples/crio-crun/crun-status.json",
		"a6279b943287d1ced06f3916af62fe12c9b3a100a319dbfe97d262bb6650507c", 27235, 356790);
	is_sample("tests/samples/podman-crun/crun-status.json",
		"64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff", 26564, 352521);
	is_sample("tests/samples/crio-runc/runc-state.json",
		"3114b09b5fd09aa46f5753fc49de6fb9621928fab84f2544b5abc1ab9f13a068", 26985, 356728);
	is_sample("tests/samples/podman-runc/runc-state.json",
		"48024929426a95cfece6ef7104a2eebad61ebeec0f351eb5d70259498c5ae48b", 26719, 352550);
	is_sample("tests/samples/docker/runc-state.json",
		"f4d2edbdbed0cee3b28ac72307406bd500398137b2cd0081d263a43c471b3dfe", 27533, 356878);
	is_sample("tests/samples/ctr/runc-state.json", "web-ctr", 27615, 356900);
	tap_number(runtime_state_parse(text, length, other, &record, ERR_IGNORED), -EINVAL,
		"runc's state in another container's directory");
	free(text);
}

static void is_refused(const char *text)
{
	struct record record = RECORD_NONE;

	tap_number(parse(text, &record), -EINVAL, "refused: %s", text);
	tap_ok(!record.memory, "nothing is taken of it");
}

static void test_process(void)
{
	struct known_list known = KNOWN_NONE;
	struct target self = TARGET_NONE;
	struct err err = {0};
	char id[32];

	snprintf(id, sizeof(id), "mnt-%lu", (unsigned long)ns_own_mount_number());
	tap_ok(target_open(getpid(), 0, &self, &err) == 0, "hold this process");
	tap_number(runtimes_add_process(&known, &self, false, &err), 0,
		"a process stands for its mount namespace");
	tap_number((int64_t)known.count, 1, "it is added");
	tap_string(known.list[0].record.id, id, "its id is made of the namespace's number");
	tap_ok(known.list[0].alive && known.list[0].foreign, "it lives, and has no record");
	known_free(&known);
	target_close(&self);
}

int main(void)
{
	struct record record = RECORD_NONE;

	is_file("crun", 532, 2534531,
		"/var/lib/containers/storage/overlay-containers/"
		"10b166b8266693e9385dfe3762c0674049e8d6e8f5609b70e3ab696bc413ed98/userdata");
	is_file("runc", 545, 2534770, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/ef7f");
	is_refused("");
	is_refused("[]");
	is_refused("{}");
	is_refused("{\"pid\": 0, \"process-start-time\": 5}");
	is_refused("{\"pid\": -1, \"process-start-time\": 5}");
	is_refused("{\"pid\": 5000000000, \"process-start-time\": 5}");
	is_refused("{\"pid\": \"5\", \"process-start-time\": 5}");
	is_refused("{\"pid\": 5, \"process-start-time\": 0}");
	is_refused("{\"pid\": 5}");
	is_refused("{\"pid\": 5, \"process-start-time\": 5");
	tap_number(parse("{\"pid\": 5, \"process-start-time\": 5, \"bundle\": \"relative\"}", &record), 0,
		"a bundle that is no absolute path");
	tap_string(record.bundle, NULL, "is none");
	record_release(&record);
	test_samples();
	test_process();
	return tap_done();
}
