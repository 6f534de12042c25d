/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An index and records that are written anew: their directory, in memory, keeps its time then, and is to be looked at all the same. */
#include "engine_conf.h"
#include "err.h"
#include "index.h"
#include "rewrite.h"
#include "tap.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct scratch scratch;
static struct store store = STORE_NONE;
static struct sources configuration;
static struct absence none[2];

static bool make_store(void)
{
	struct statfs fs;

	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return false;
	strcpy(scratch.path, "/dev/shm/crashcart-test.XXXXXX");
	if (!mkdtemp(scratch.path))
		return false;
	scratch.fd = store.dir = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(store.dir, "rec", 0700);
	store.records = openat(store.dir, "rec", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store.lock = openat(store.dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	return true;
}

static void rewrite(void)
{
	const struct record record = {.id = "web-1", .name = "one", .pid = 1, .start_time = 1};

	if (store_lock(&store, record.id, ERR_IGNORED) < 0 ||
		rewrite_record(&store, &record, ERR_IGNORED) < 0)
		abort();
	store_unlock(&store);
}

/* When the clock has gone on. */
static void begin(struct sources *ret)
{
	*ret = SOURCES_NONE;
	do {
		sources_free(ret);
		(void)poll(NULL, 0, 10);
		sources_begin(ret);
		sources_add(ret, scratch_path(&scratch, "rec"));
	} while (!sources_are_sure(ret, 0));
}

/* What was noted when the directory was as of LIST: 1: it holds; 0: records have to be looked at; -1: it does not. */
static int note(const struct sources *list)
{
	cleanup_index struct index index = INDEX_NONE;
	struct engine_places places = {0};
	struct known one = {.record = {.id = "web-2"}};
	struct known_list known = {.list = &one, .count = 1};
	struct index_basis basis = {.list = list,
		.configuration = &configuration,
		.places = &places,
		.absences = {&none[0], &none[1]}};

	index_write(&store, &known, &basis);
	return index_open(&store, &index, ERR_IGNORED) < 0 ? -1 : !index.behind;
}

static bool do_nothing(const char *id, uint64_t inode, void *context)
{
	(void)id;
	(void)inode;
	(void)context;
	return true;
}

static bool rewrite_it(const char *id, uint64_t inode, void *context)
{
	rewrite();
	return do_nothing(id, inode, context);
}

static void test_newer(void)
{
	cleanup_index struct index index = INDEX_NONE;

	tap_ok(index_open(&store, &index, ERR_IGNORED) == 0 && index.behind, "records have to be looked at");
	tap_ok(index_each_newer(&index, &store, do_nothing, NULL), "there is one");
	(void)poll(NULL, 0, 20); /* a tick */
	tap_ok(!index_each_newer(&index, &store, rewrite_it, NULL),
		"it is written anew meanwhile: another may have been missed");
}

int main(void)
{
	struct sources list;

	if (!make_store()) {
		tap_skip("cannot run here: no file system in memory",
			"an index and records that are written anew");
		return tap_done();
	}
	rewrite();
	sources_begin(&configuration);
	begin(&list);
	tap_number(note(&list), 1, "the directory is as it was");
	rewrite();
	tap_number(note(&list), 0, "a record was written anew while all were read");
	test_newer();
	sources_free(&list);
	begin(&list);
	tap_number(note(&list), 1, "all were read after that");
	sources_free(&list);
	sources_free(&configuration);
	close(store.records);
	close(store.lock);
	scratch_remove(&scratch);
	return tap_done();
}
