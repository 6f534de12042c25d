/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers and their names as the files of engines have them: recordings, laid out below a directory as they are below
 * "/" on a node. Where a running process is needed, it is this one.
 */
#include "engines.h"
#include "err.h"
#include "io.h"
#include "runtimes.h"
#include "tap.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DOCKER_ID "f4d2edbdbed0cee3b28ac72307406bd500398137b2cd0081d263a43c471b3dfe"
#define CRIO_ID "a6279b943287d1ced06f3916af62fe12c9b3a100a319dbfe97d262bb6650507c"
#define PODMAN_ID "64a84417bf57b3a8efc2e9c729d0f0fc59e67e9546c56a6a872d52c88508bfff"
#define GRAPH "var/lib/containers/storage/overlay-containers"

static struct scratch scratch;

/* The file PATH below the root, and the directories that it is in. */
static void lay(const char *path, const char *text)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(scratch.fd, part, 0755) < 0 && errno != EEXIST)
			abort();
	}
	scratch_file(&scratch, path, 0644, text);
}

static void lay_sample(const char *path, const char *sample)
{
	size_t length;
	char *text = tap_read(sample, &length);

	lay(path, text);
	free(text);
}

/* A runtime's file of a container whose first process is this one. BUNDLE: with runc's label, where it has one. */
static void lay_state(const char *path, const char *id, const char *bundle, long start_offset)
{
	struct target self = TARGET_NONE;
	char text[2048];

	if (target_open(getpid(), 0, &self, ERR_IGNORED) < 0)
		abort();
	snprintf(text, sizeof(text),
		"{\"id\":\"%s\",\"init_process_pid\":%d,\"init_process_start\":%ld,\"config\":{\"labels\":["
		"\"bundle=%s\"]}}",
		id, getpid(), (long)self.start_time + start_offset, bundle);
	target_close(&self);
	lay(path, text);
}

static void begin(void)
{
	scratch_make(&scratch);
	umask(022);
}

static void is_named(const char *engine, const char *id, const char *bundle, const char *name,
	const char *wanted, const char *what)
{
	struct engines *engines = engines_new(scratch.path);
	const struct record record = {.id = id, .engine = engine, .bundle = bundle, .name = name};

	tap_string(engines_name(engines, &record), wanted, "%s", what);
	tap_string(engines_name(engines, &record), wanted, "%s, asked again", what);
	engines_free(engines);
}

static void test_docker(void)
{
	static const char usual[] = "var/lib/docker/containers/" DOCKER_ID "/config.v2.json";

	begin();
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "docker is not there");
	lay_sample(usual, "tests/samples/docker/config.v2.json");
	is_named("docker", DOCKER_ID, NULL, NULL, "web-docker", "docker's container");
	is_named("podman", DOCKER_ID, NULL, NULL, NULL, "another engine's of that id");
	is_named("docker", "0" DOCKER_ID, NULL, NULL, NULL, "an id that is not there");
	is_named("docker", "../" DOCKER_ID, NULL, NULL, NULL, "an id that is none");
	(void)!fchmodat(scratch.fd, usual, 0666, 0);
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a file that others can write");
	(void)!fchmodat(scratch.fd, usual, 0600, 0);
	(void)!fchmodat(scratch.fd, "var/lib/docker/containers", 0777, 0);
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a directory that others can write");
	(void)!fchmodat(scratch.fd, "var/lib/docker/containers", 0700, 0);
	lay(usual, "{\"ID\":\"" DOCKER_ID "\",\"Name\":\"/cut");
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a file that was cut short");
	unlinkat(scratch.fd, usual, 0);
	mkfifoat(scratch.fd, usual, 0600);
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a FIFO");
	scratch_remove(&scratch);
}

static void test_docker_elsewhere(void)
{
	begin();
	lay_sample("srv/docker/231072.231072/containers/" DOCKER_ID "/config.v2.json",
		"tests/samples/docker/config.v2.json");
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a data root that nobody names");
	lay("etc/docker/daemon.json", "{\"data-root\": \"/srv/docker\"}");
	is_named("docker", DOCKER_ID, NULL, NULL, "web-docker", "daemon.json names it; with userns-remap");
	lay("etc/docker/daemon.json", "{\"data-root\": \"/link\"}");
	tap_number(symlinkat("srv/docker", scratch.fd, "link"), 0, "(a link is made)");
	is_named("docker", DOCKER_ID, NULL, NULL, "web-docker", "by a link of root's");
	(void)!fchmodat(scratch.fd, "etc/docker/daemon.json", 0622, 0);
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a daemon.json that others can write");
	if (geteuid() == 0 && fchownat(scratch.fd, "etc/docker/daemon.json", 1000, 1000, 0) == 0)
		is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a daemon.json of another user");
	scratch_remove(&scratch);
}

/* In a directory that all may write to, a link counts if it is root's (or the caller's), and what it leads to. */
static void test_links(void)
{
	begin();
	lay_sample(
		"srv/docker/containers/" DOCKER_ID "/config.v2.json", "tests/samples/docker/config.v2.json");
	lay("etc/docker/daemon.json", "{\"data-root\": \"/tmp/link\"}");
	mkdirat(scratch.fd, "tmp", 0777);
	(void)!fchmodat(scratch.fd, "tmp", 01777, 0);
	tap_number(symlinkat("/srv/docker", scratch.fd, "tmp/link"), 0, "(a link is made)");
	is_named("docker", DOCKER_ID, NULL, NULL, "web-docker", "a link of root's in a sticky directory");
	(void)!fchmodat(scratch.fd, "tmp", 0777, 0);
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "where others can replace it");
	(void)!fchmodat(scratch.fd, "tmp", 01777, 0);
	if (geteuid() == 0 && fchownat(scratch.fd, "tmp/link", 1000, 1000, AT_SYMLINK_NOFOLLOW) == 0)
		is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a link of another user's");
	unlinkat(scratch.fd, "tmp/link", 0);
	(void)!symlinkat("/tmp/link", scratch.fd, "tmp/link");
	is_named("docker", DOCKER_ID, NULL, NULL, NULL, "a link to itself");
	scratch_remove(&scratch);
}

static void test_storage(void)
{
	static const char bundle[] = "/run/containers/storage/overlay-containers/" CRIO_ID "/userdata";
	static const char name[] = "k8s_httpd_web_shop_6c4f1c1e-5f0e-4c1b-9d53-0d1f6a0c1a11_0";

	begin();
	lay_sample(GRAPH "/containers.json", "tests/samples/podman-crun/containers.json");
	is_named("podman", PODMAN_ID, "/" GRAPH "/" PODMAN_ID "/userdata", NULL, "web-crun",
		"podman's container");
	is_named("crio", CRIO_ID, bundle, "kept", NULL, "one that is in no file");
	lay_sample(GRAPH "/volatile-containers.json", "tests/samples/crio-crun/volatile-containers.json");
	is_named("crio", CRIO_ID, bundle, NULL, name, "CRI-O's, whose bundle is below the run root");
	tap_number(mkdirat(scratch.fd, "srv", 0755), 0, "(a directory is made)");
	tap_number(renameat(scratch.fd, "var", scratch.fd, "srv/var"), 0, "(the storage moves)");
	is_named("crio", CRIO_ID, bundle, NULL, NULL, "a graph root that nobody names");
	lay("etc/containers/storage.conf", "[storage]\ngraphroot = \"/srv/var/lib/containers/storage\"\n");
	is_named("crio", CRIO_ID, bundle, NULL, name, "storage.conf names it");
	unlinkat(scratch.fd, "etc/containers/storage.conf", 0);
	lay("etc/crio/crio.conf.d/50-root.conf", "[crio]\nroot = \"/srv/var/lib/containers/storage\"\n");
	is_named("crio", CRIO_ID, bundle, NULL, name, "a drop-in of CRI-O names it");
	scratch_remove(&scratch);
}

/* The container ID of KNOWN; ends the program's test if it is not there. */
static const struct known *find(const struct known_list *known, const char *id)
{
	static const struct known none = {.record = {.engine = "not there"}};

	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->list[i].record.id, id) == 0)
			return &known->list[i];
	return &none;
}

static void collect(struct known_list *known)
{
	*known = KNOWN_NONE;
	known->engines = engines_new(scratch.path);
	runtimes_collect(known);
}

/* A node of CRI-O with crun: state, bundle, storage. */
static void test_crio_node(void)
{
	static const char bundle[] = "/run/containers/storage/overlay-containers/" CRIO_ID "/userdata";
	const struct known *container;
	struct known_list known;

	begin();
	lay_state("run/crun/" CRIO_ID "/status", CRIO_ID, bundle, 0);
	lay_sample("run/containers/storage/overlay-containers/" CRIO_ID "/userdata/config.json",
		"tests/samples/crio-crun/config.json");
	collect(&known);
	container = find(&known, CRIO_ID);
	tap_string(container->record.engine, "crio", "CRI-O's container is found");
	tap_ok(container->alive && container->foreign, "it runs, and has no record");
	tap_string(container->pod ? container->pod->container : NULL, "httpd", "its name");
	tap_string(container->pod ? container->pod->name : NULL, "web", "its pod");
	tap_string(container->pod ? container->pod->namespace : NULL, "shop", "its namespace");
	known_free(&known);
	scratch_remove(&scratch);
}

static void test_docker_node(void)
{
	static const char bundle[] =
		"/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" DOCKER_ID;
	struct known_list known;

	begin();
	lay("etc/docker/daemon.json", "{\"data-root\": \"/srv/docker\", \"exec-root\": \"/srv/exec\"}");
	lay_state("srv/exec/runtime-runc/moby/" DOCKER_ID "/state.json", DOCKER_ID, bundle, 0);
	lay_sample("run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/" DOCKER_ID
		   "/config.json",
		"tests/samples/docker/config.json");
	lay_sample(
		"srv/docker/containers/" DOCKER_ID "/config.v2.json", "tests/samples/docker/config.v2.json");
	collect(&known);
	tap_string(find(&known, DOCKER_ID)->record.engine, "docker", "docker's container is found");
	tap_string(find(&known, DOCKER_ID)->name, "web-docker", "its name");
	known_free(&known);
	(void)!fchmodat(scratch.fd, "srv/exec/runtime-runc", 0777, 0);
	collect(&known);
	tap_number((int64_t)known.count, 0, "no container in a directory that others can write");
	known_free(&known);
	scratch_remove(&scratch);
}

/* Dead, reused, doubled, broken. */
static void test_states(void)
{
	struct known_list known;

	begin();
	lay_state("run/runc/alive/state.json", "alive", "/nothing", 0);
	lay_state("run/runc/reused/state.json", "reused", "/nothing", 1);
	lay_state("run/runc/moved/state.json", "another", "/nothing", 0);
	lay("run/runc/cut/state.json", "{\"id\":\"cut\",\"init_process_pid\":1,");
	lay("run/runc/dead/state.json",
		"{\"id\":\"dead\",\"init_process_pid\":4194303,\"init_process_start\":5}");
	mkdirat(scratch.fd, "run/runc/fifo", 0755);
	mkfifoat(scratch.fd, "run/runc/fifo/state.json", 0644);
	mkdirat(scratch.fd, "run/runc/empty", 0755);
	lay_state("run/runc/.hidden/state.json", ".hidden", "/nothing", 0);
	lay_state("run/containerd/runc/default/alive/state.json", "alive", "/nothing", 0);
	lay_state("run/crun/alive/status", "alive", "/nothing", 0);
	collect(&known);
	tap_number(
		(int64_t)known.count, 1, "of all states one is of a container that runs; it is listed once");
	tap_string(find(&known, "alive")->record.id, "alive", "it is the one");
	known_free(&known);
	scratch_remove(&scratch);
}

int main(void)
{
	test_docker();
	test_docker_elsewhere();
	test_links();
	test_storage();
	test_crio_node();
	test_docker_node();
	test_states();
	return tap_done();
}
