/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record that is rewritten: its directory keeps its time, but not while another container is worked on; locks are as before. */
#include "err.h"
#include "rewrite.h"
#include "tap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scratch scratch;
static struct store store = STORE_NONE, other = STORE_NONE; /* two processes' */

static void open_store(struct store *ret)
{
	ret->records = open(scratch_path(&scratch, "rec"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret->lock = open(scratch_path(&scratch, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static struct timespec time_of_records(void)
{
	struct stat st = {0};

	(void)fstat(store.records, &st);
	return st.st_mtim;
}

static bool is_old(const struct timespec *time)
{
	return time->tv_sec == 1000000 && time->tv_nsec == 42;
}

/* *RET: the directory's time then; it is long ago before. */
static bool rewrite(const char *tools, struct timespec *ret)
{
	struct record record = {.id = "web-1", .name = "one", .pid = 1, .start_time = 1, .tools = tools},
		      back = RECORD_NONE;
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000, .tv_nsec = 42}};
	bool good;

	good = futimens(store.records, times) == 0 && rewrite_record(&store, &record, ERR_IGNORED) == 0 &&
	       record_read(store.records, "web-1", &back, ERR_IGNORED) == 0 && back.tools &&
	       strcmp(back.tools, tools) == 0;
	record_release(&back);
	*ret = time_of_records();
	return good;
}

int main(void)
{
	struct timespec time;

	scratch_make(&scratch);
	(void)mkdirat(scratch.fd, "rec", 0700);
	open_store(&store);
	open_store(&other);
	tap_ok(store_lock(&store, "web-1", ERR_IGNORED) == 0, "the container is locked");
	tap_ok(rewrite("/first", &time), "its record is written");
	tap_ok(is_old(&time), "the directory of records has the time that it had");
	tap_ok(!store_try_lock(&other, "web-1"), "the container is still locked");
	tap_ok(store_try_lock(&other, "web-2"), "no other is");
	tap_ok(rewrite("/second", &time), "while another container is worked on, the record is written");
	tap_ok(!is_old(&time), "the directory's time tells of a change then");
	tap_ok(!store_try_lock(&other, "web-1"), "the container is still locked");
	store_unlock(&other);
	tap_ok(rewrite("/third", &time) && is_old(&time), "when that has ended, it keeps its time again");
	store_unlock(&store);
	tap_ok(store_try_lock(&other, "web-1"), "nothing is locked at the end");
	close(store.records);
	close(store.lock);
	close(other.records);
	close(other.lock);
	scratch_remove(&scratch);
	return tap_done();
}
