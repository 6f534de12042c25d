/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The index of words: found again, not believed after any change of what it was made of, and harmless when it is broken. */
#include "engine_conf.h"
#include "err.h"
#include "index.h"
#include "io.h"
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONTAINERS = 40 };

static struct scratch scratch;
static struct store store = STORE_NONE;
static struct engine_places places;
static struct known_list known = KNOWN_NONE;
static char ids[CONTAINERS][32], names[CONTAINERS][32];
static char found[256];

/* What no list of containers has so far is made up: ids web-N with names name-N, and a pod's container. */
static void make_list(void)
{
	static struct pod pod = {.container = "httpd", .name = "shop", .namespace = "test"};

	known.list = calloc(CONTAINERS, sizeof(*known.list));
	for (int i = 0; i < CONTAINERS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "web-%d", i);
		snprintf(names[i], sizeof(names[i]), "name-%d", i / 2);
		known.list[i].record.id = ids[i];
		known.list[i].name = i == 7 ? "a\nb" : names[i];
	}
	known.list[3].pod = &pod;
	known.list[5].name = NULL;
	known.count = CONTAINERS;
}

/* Files are no source before the clock has gone on. */
static void take_sources(struct sources *ret)
{
	for (int tries = 0; tries < 100; tries++) {
		sources_begin(ret);
		sources_add(ret, scratch_path(&scratch, "file"));
		sources_add(ret, scratch_path(&scratch, "none"));
		if (sources_are_sure(ret, 0))
			return;
		sources_free(ret);
		(void)poll(NULL, 0, 10);
	}
	abort();
}

static bool collect(const char *id, void *context)
{
	(void)context;
	snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s ", id);
	return strlen(found) < 100;
}

static const char *look_up(const char *word)
{
	cleanup_index struct index index = INDEX_NONE;

	found[0] = '\0';
	if (index_open(&store, &places, &index, ERR_IGNORED) < 0)
		return "stale";
	return index_each(&index, word, collect, NULL) ? found : "broken";
}

static void write_index(void)
{
	struct sources sources;

	take_sources(&sources);
	index_write(&store, &known, &sources, &places);
	sources_free(&sources);
}

static void test_words(void)
{
	tap_string(look_up("web-1"), "stale", "no index yet");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "an id");
	tap_string(look_up("web-3"),
		"web-3 web-30 web-31 web-32 web-33 web-34 web-35 web-36 web-37 web-38 web-39 ",
		"an id, and a prefix of ids");
	tap_string(look_up("name-11"), "web-22 web-23 ", "a name that two have");
	tap_string(look_up("name-1"), "web-2 web-3 ", "a name that is a prefix of others");
	tap_string(look_up("a\nb"), "web-7 ", "a name with a newline");
	tap_string(look_up("httpd"), "web-3 ", "a name in a pod");
	tap_string(look_up("test/shop/httpd"), "web-3 ", "the same with its pod");
	tap_string(look_up("other"), "", "a word that nobody has");
	tap_string(look_up("web"), "broken", "more than the caller takes");
}

static void test_changes(void)
{
	struct sources sources;

	scratch_file(&scratch, "file", 0600, "other");
	tap_string(look_up("web-4"), "stale", "a source has changed");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "written anew");
	scratch_file(&scratch, "none", 0600, "");
	tap_string(look_up("web-4"), "stale", "a source has come");
	unlinkat(scratch.fd, "none", 0);
	tap_string(look_up("web-4"), "web-4 ", "and gone");
	engine_places_add(&places, PLACE_RUNTIME, "/run/more");
	tap_string(look_up("web-4"), "stale", "engines have another place");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "which is noted");
	engine_places_release(&places);
	engine_places_add(&places, PLACE_RUNTIMES, "/run/more");
	tap_string(look_up("web-4"), "stale", "of another kind");
	unlinkat(store.dir, "index", 0);
	sources_begin(&sources);
	scratch_file(&scratch, "file", 0600, "third");
	sources_add(&sources, scratch_path(&scratch, "file"));
	index_write(&store, &known, &sources, &places);
	sources_free(&sources);
	tap_string(look_up("web-4"), "stale", "a source that is too young is none");
	take_sources(&sources);
	sources_doubt(&sources);
	index_write(&store, &known, &sources, &places);
	sources_free(&sources);
	tap_string(look_up("web-4"), "stale", "nothing is made of what is in doubt");
	known.count = 8;
	write_index();
	tap_string(look_up("web-4"), "stale", "nor of few");
	known.count = CONTAINERS;
}

/* Whatever is in the file: no crash (the sanitizers look), and it is read by its bounds. */
static void try_broken(void)
{
	char *text, *broken;
	size_t length;

	write_index();
	if (io_read_file(store.dir, "index", INDEX_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0)
		abort();
	broken = malloc(length);
	for (size_t i = 0; i < length; i += 1 + length / 2000) {
		int fd = openat(store.dir, "broken", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		memcpy(broken, text, length);
		broken[i] = (char)(broken[i] ^ (i % 3 ? 0xff : 0x01));
		if (io_write_all(fd, broken, i % 2 ? length : i) < 0 || close(fd) < 0 ||
			renameat(store.dir, "broken", store.dir, "index") < 0)
			abort();
		(void)look_up("web-4");
		(void)look_up("test/shop/httpd");
	}
	free(broken);
	free(text);
}

static void test_file(void)
{
	write_index();
	(void)!fchmodat(store.dir, "index", 0666, 0);
	tap_string(look_up("web-4"), "stale", "an index that others can write to");
	unlinkat(store.dir, "index", 0);
	(void)!symlinkat("file", store.dir, "index");
	tap_string(look_up("web-4"), "stale", "a link");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "it is replaced");
	tap_survives(try_broken, "broken files");
}

int main(void)
{
	scratch_make(&scratch);
	store.dir = scratch.fd;
	scratch_file(&scratch, "file", 0600, "text");
	engine_places_add(&places, PLACE_RUNTIME, "/run/crun");
	make_list();
	test_words();
	test_changes();
	test_file();
	free(known.list);
	engine_places_release(&places);
	scratch_remove(&scratch);
	return tap_done();
}
