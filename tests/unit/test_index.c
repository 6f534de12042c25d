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
static struct sources configuration;
static struct absence no_users, no_machines;
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
		known.list[i].record.bundle = i == 9 ? NULL : "/bundle";
		known.list[i].name = i == 7 ? "a\nb" : names[i];
	}
	known.list[3].pod = &pod;
	known.list[5].name = NULL;
	known.count = CONTAINERS;
}

/* Files are no source before the clock has gone on. */
static void take(struct sources *ret, const char *one, const char *other)
{
	for (int tries = 0; tries < 100; tries++) {
		sources_begin(ret);
		sources_add(ret, scratch_path(&scratch, one));
		sources_add(ret, scratch_path(&scratch, other));
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
	if (index_open(&store, &index, ERR_IGNORED) < 0)
		return "stale";
	return index_each(&index, word, collect, NULL) ? found : "broken";
}

static struct index_basis basis_of(const struct sources *list)
{
	return (struct index_basis){list, &configuration, &places, true, {&no_users, &no_machines}};
}

static void write_of(const struct sources *list)
{
	struct index_basis basis = basis_of(list);

	index_write(&store, &known, &basis);
}

static void write_index(void)
{
	struct sources sources;

	take(&sources, "file", "none");
	write_of(&sources);
	sources_free(&sources);
}

/* The kinds and paths of the index. */
static const char *look_up_places(void)
{
	cleanup_index struct index index = INDEX_NONE;
	struct engine_places list = {0};
	bool running;

	found[0] = '\0';
	if (index_open(&store, &index, ERR_IGNORED) < 0 || !index_places(&index, &list, &running))
		return "stale";
	for (size_t i = 0; i < list.count; i++)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%d %s ",
			(int)list.list[i].kind, list.list[i].path);
	engine_places_release(&list);
	return running ? found : "no look at daemons";
}

/* What is still absent: users, machines. RENEW: what is sure now and was not is noted first. */
static const char *look_up_absences(bool renew)
{
	cleanup_index struct index index = INDEX_NONE;
	struct sources none = SOURCES_NONE;
	struct known_list newer = KNOWN_NONE;
	struct index_basis basis = basis_of(&none);

	if (index_open(&store, &index, ERR_IGNORED) < 0)
		return "stale";
	if (renew) {
		index_renew(&index, &store, &newer, &basis);
		return look_up_absences(false);
	}
	snprintf(found, sizeof(found), "%d %d", index.is_absent[0], index.is_absent[1]);
	return found;
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

	tap_string(look_up_places(), "0 /run/crun ", "where the engines have their files");
	scratch_file(&scratch, "file", 0600, "other");
	tap_string(look_up("web-4"), "stale", "a source has changed");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "written anew");
	scratch_file(&scratch, "none", 0600, "");
	tap_string(look_up("web-4"), "stale", "a source has come");
	unlinkat(scratch.fd, "none", 0);
	tap_string(look_up("web-4"), "web-4 ", "and gone");
	engine_places_add(&places, PLACE_DOCKER, "/run/more");
	write_index();
	tap_string(look_up_places(), "0 /run/crun 2 /run/more ", "another place");
	scratch_file(&scratch, "configuration", 0600, "other text");
	tap_string(look_up("web-4"), "stale", "a file that the places were read from has changed");
	sources_free(&configuration);
	take(&configuration, "configuration", "none");
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "written anew again");
	unlinkat(store.dir, "index", 0);
	sources_begin(&sources);
	scratch_file(&scratch, "file", 0600, "third");
	sources_add(&sources, scratch_path(&scratch, "file"));
	write_of(&sources);
	sources_free(&sources);
	tap_string(look_up("web-4"), "stale", "a source that is too young is none");
	take(&sources, "file", "none");
	sources_doubt(&sources);
	write_of(&sources);
	sources_free(&sources);
	tap_string(look_up("web-4"), "stale", "nothing is made of what is in doubt");
	known.count = 0;
	write_index();
	tap_string(look_up("web-4"), "stale", "nor of none");
	known.count = 5;
	write_index();
	tap_string(look_up("web-4"), "web-4 ", "but of few");
	known.count = CONTAINERS;
}

static void test_absences(void)
{
	write_index();
	tap_string(look_up_absences(false), "0 0", "nobody has looked whether there are users");
	take(&no_users.sources, "users", "run/user/none");
	no_users.is_true = true;
	tap_string(look_up_absences(true), "1 0", "there are none, which is noted");
	tap_string(look_up("web-4"), "web-4 ", "beside what there was");
	tap_string(look_up_places(), "0 /run/crun 2 /run/more ", "and where");
	take(&no_machines.sources, "file", "machines");
	no_machines.is_true = true;
	write_index();
	tap_string(look_up_absences(false), "1 1", "nor machines");
	scratch_file(&scratch, "users", 0600, "");
	tap_string(look_up_absences(false), "0 1", "there may be users");
	tap_string(look_up("web-4"), "web-4 ", "which is nothing to others");
	tap_string(look_up_absences(true), "0 1", "nothing is noted of what is not so");
	sources_free(&no_users.sources);
	take(&no_users.sources, "users", "none");
	tap_string(look_up_absences(true), "1 1", "until they are looked for again");
}

/* Of what is not there, one source for all below. */
static void test_nothing(void)
{
	cleanup_sources struct sources sources = SOURCES_NONE;

	sources_begin(&sources);
	sources_add(&sources, scratch_path(&scratch, "not/there"));
	sources_add(&sources, scratch_path(&scratch, "not/there/either"));
	sources_add(&sources, scratch_path(&scratch, "not"));
	tap_number((long)sources.count, 1, "one source for all below what is not there");
	tap_string(sources.list[0].path, scratch_path(&scratch, "not"), "the first part of it that is not");
	tap_ok(source_is_same(&sources.list[0]), "it is not there still");
	scratch_file(&scratch, "not", 0600, "");
	tap_ok(!source_is_same(&sources.list[0]), "it has come");
	sources_add(&sources, scratch_path(&scratch, "not/there"));
	tap_number((long)sources.count, 2, "below a file there is nothing");
	tap_ok(!sources.doubtful && source_is_same(&sources.list[1]), "which is sure");
}

static bool is_young(int64_t seconds, int64_t part)
{
	const struct sources sources = {.began = 1000, .began_part = 900000000};
	const struct source source = {
		.inode = 1, .modified = 1, .modified_part = 1, .changed = seconds, .changed_part = part};

	return source_is_young(&sources, &source);
}

static void test_age(void)
{
	tap_ok(is_young(1000, 899000000), "a millisecond old: it may change within this tick of the clock");
	tap_ok(!is_young(1000, 700000000), "older than a tick");
	tap_ok(is_young(1000, 0), "of this second, where there may be no parts of one");
	tap_ok(is_young(999, 0), "of the last one, where every other may count");
	tap_ok(!is_young(998, 0), "older than that");
}

/* A container of an index by its ids. */
static const char *told(const char *id)
{
	cleanup_index struct index index = INDEX_NONE;
	const char *name;
	size_t count;
	bool recorded;

	if (index_open(&store, &index, ERR_IGNORED) < 0)
		return "stale";
	count = index_count(&index, id, &recorded, &name);
	snprintf(found, sizeof(found), "%zu %s %s", count, recorded ? "recorded" : "foreign",
		name ? name : "none");
	return found;
}

static void test_records(void)
{
	known.list[4].inode = known.list[5].inode = 77;
	known.list[5].record.id = known.list[6].record.id = "same";
	known.list[8].name = "web-4";
	write_index();
	tap_string(told("web-4"), "1 recorded name-2", "one had a record; another's name is nothing to that");
	tap_string(told("web-3"), "1 foreign name-1", "one had none");
	tap_string(told("web-9"), "1 foreign none", "of what has no bundle no name is told");
	tap_ok(strncmp(told("same"), "2 recorded", 10) == 0, "one of two had a record");
	tap_string(told("other"), "0 foreign none", "there was none");
	known.list[4].name = NULL;
	write_index();
	tap_string(told("web-4"), "1 recorded none", "without a name");
	known.list[4].name = names[4];
	known.list[8].name = names[8];
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
	scratch_file(&scratch, "configuration", 0600, "text");
	take(&configuration, "configuration", "none");
	test_words();
	test_changes();
	test_absences();
	test_nothing();
	test_age();
	test_records();
	test_file();
	sources_free(&configuration);
	sources_free(&no_users.sources);
	sources_free(&no_machines.sources);
	free(known.list);
	engine_places_release(&places);
	scratch_remove(&scratch);
	return tap_done();
}
