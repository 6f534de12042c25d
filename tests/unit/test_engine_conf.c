/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where engines keep what they know, by their configuration files and command lines. */
#include "engine_conf.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void parser(const char *text, size_t length, struct engine_places *places);

/* "d/path" for docker's root, "s" storage, "r" runtime, "R" runtimes; blanks between. */
static void describe(const struct engine_places *places, char *ret, size_t size)
{
	size_t used = 0;

	*ret = '\0';
	for (size_t i = 0; i < places->count && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used, "%s%c%s", i ? " " : "",
			"rRds"[places->list[i].kind], places -> list[i].path);
}

static void finds(parser *parse, const char *text, const char *wanted, const char *what)
{
	struct engine_places places = {.count = 0};
	char *exact = tap_exact(text, strlen(text)), found[4096];

	parse(exact, strlen(text), &places);
	free(exact);
	describe(&places, found, sizeof(found));
	tap_string(found, wanted, "%s", what);
	engine_places_release(&places);
}

static void test_docker(void)
{
	finds(engine_conf_docker, "{\"data-root\": \"/data\", \"exec-root\": \"/run/d\", \"debug\": true}",
		"d/data R/run/d/runtime-runc", "daemon.json");
	finds(engine_conf_docker, "{\"graph\": \"/old\"}", "d/old", "an old daemon.json");
	finds(engine_conf_docker, "{\"data-root\": 5, \"exec-root\": [\"/a\"]}", "", "wrong types");
	finds(engine_conf_docker, "{\"data-root\": \"data\"}", "", "a path that is not absolute");
	finds(engine_conf_docker, "{\"data-root\": \"/data\"", "", "cut short");
	finds(engine_conf_docker, "[]", "", "no object");
	finds(engine_conf_docker, "", "", "nothing");
}

static void test_storage(void)
{
	finds(engine_conf_storage,
		"# comment\n[storage]\ndriver = \"overlay\"\n\n  graphroot = \"/srv/g\" # here\n"
		"runroot='/srv/r'\n[storage.options]\ngraphroot = \"/no\"\n",
		"s/srv/g s/srv/r", "storage.conf");
	finds(engine_conf_storage, "graphroot = \"/no\"\n[other]\ngraphroot = \"/no\"\n", "",
		"other sections");
	finds(engine_conf_storage, "[storage]\n#graphroot = \"/no\"\n# graphroot = \"/no\"\n", "",
		"comments");
	finds(engine_conf_storage, "[storage]\r\ngraphroot = \"/a\"\r\n", "s/a", "lines of DOS");
	finds(engine_conf_storage, "[ storage ]\ngraphroot = \"/a\"", "s/a",
		"blanks in brackets, no last newline");
	finds(engine_conf_storage, "[storage]\ngraphroot = \"/a\\\\b\\\"c\"\n", "s/a\\b\"c", "escapes");
	finds(engine_conf_storage, "[storage]\ngraphroot = \"/a\"\nrunroot = \"/b\\", "s/a", "cut short");
	finds(engine_conf_storage,
		"[storage]\nx = \"\"\"\ngraphroot = \"/no\"\n\"\"\"\ny = '''\nrunroot = "
		"\"/no\"\n'''\ngraphroot = \"/a\"\n",
		"s/a", "text of several lines");
	finds(engine_conf_storage, "[storage]\nx = \"\"\"a\"\"\"\ngraphroot = \"/a\"\n", "s/a",
		"such a text on one line");
	finds(engine_conf_storage, "[storage]\ngraphroot = \"/a\"\nrunroot =\nrunroot = \"/c\"\n", "s/a",
		"what is no value ends it");
	finds(engine_conf_storage, "[storage\ngraphroot = \"/a\"\n", "", "an open bracket");
	finds(engine_conf_storage, "", "", "nothing");
}

static void test_crio(void)
{
	finds(engine_conf_crio,
		"[crio]\nroot = \"/srv/g\"\nrunroot = \"/srv/r\"\n[crio.runtime.runtimes.crun]\n"
		"runtime_path = \"/usr/bin/crun\"\nruntime_root = \"/run/crun2\"\n[crio.runtime]\nroot = "
		"\"/no\"\n",
		"s/srv/g s/srv/r r/run/crun2", "crio.conf");
}

static void test_containerd(void)
{
	finds(engine_conf_containerd,
		"version = 2\nroot = "
		"\"/no\"\n[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.x.options]\n"
		"  BinaryName = \"/usr/bin/oci-crashcart-runtime\"\n  Root = "
		"\"/run/x\"\n[other.options]\nRoot = \"/no\"\n",
		"R/run/x", "config.toml");
}

static void arguments(const char *text, size_t length, const char *wanted, const char *file, const char *what)
{
	struct engine_places places = {.count = 0};
	char *exact = tap_exact(text, length), found[4096];
	const char *named = "untouched";

	engine_conf_arguments(exact, length, &places, &named);
	describe(&places, found, sizeof(found));
	tap_string(found, wanted, "%s", what);
	tap_string(named, file, "%s: file", what);
	engine_places_release(&places);
	free(exact);
}

#define ARGUMENTS(text, wanted, file, what) arguments(text, sizeof(text), wanted, file, what)

static void test_arguments(void)
{
	ARGUMENTS("dockerd\0--data-root=/a\0--exec-root\0/b\0-H\0unix:///x\0--config-file\0/c.json",
		"d/a R/b/runtime-runc", "/c.json", "dockerd");
	ARGUMENTS("crio\0--root\0/a\0--runroot=/b", "s/a s/b", NULL, "crio");
	ARGUMENTS("dockerd\0--data-root", "", NULL, "a value that is missing");
	ARGUMENTS("dockerd\0--data-roots=/a\0data-root=/a\0-data-root=/a\0--data-root=a", "", NULL,
		"words that only look like it");
	arguments("dockerd\0--data-root=/a", 22, "", NULL, "a line that was cut");
	arguments("", 0, "", NULL, "no words");
}

static void test_limits(void)
{
	struct engine_places places = {.count = 0};
	char path[8192];

	for (int i = 0; i < 2 * ENGINE_PLACES_LIMIT; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		engine_places_add(&places, PLACE_DOCKER, path);
	}
	tap_number((int64_t)places.count, ENGINE_PLACES_LIMIT, "no more places than the limit");
	engine_places_release(&places);
	engine_places_add(&places, PLACE_DOCKER, "/a");
	engine_places_add(&places, PLACE_DOCKER, "/a");
	engine_places_add(&places, PLACE_STORAGE, "/a");
	tap_number((int64_t)places.count, 2, "each once");
	memset(path, '/', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	engine_places_add(&places, PLACE_DOCKER, path);
	engine_places_add(&places, PLACE_DOCKER, NULL);
	tap_number((int64_t)places.count, 2, "what is too long, or nothing, is left out");
	engine_places_release(&places);
}

int main(void)
{
	test_docker();
	test_storage();
	test_crio();
	test_containerd();
	test_arguments();
	test_limits();
	return tap_done();
}
