/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of known containers and of sessions, from directories that may hold anything. */
#include "collect.h"
#include "engine_names.h"
#include "err.h"
#include "session.h"
#include "tap.h"
#include "target.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct scratch scratch;
static struct store store = STORE_NONE;
static uint64_t own_start_time;

static void write_record(const char *id, const char *name, const char *bundle, uint64_t start_time)
{
	const struct record record = {.id = id,
		.name = name,
		.bundle = bundle,
		.pid = getpid(),
		.start_time = start_time,
		.pid_namespace = target_pid_namespace()};
	struct err err = {0};

	if (record_write(store.records, &record, &err) < 0)
		abort();
}

static void test_list(void)
{
	struct known_list known = KNOWN_NONE;
	struct err err = {0};

	tap_number(collect_known(&store, &known, &err), 0, "no records");
	tap_number((int64_t)known.count, 0, "no containers");
	known_free(&known);
	write_record("web-2", NULL, NULL, own_start_time);
	write_record("web-1", "one", "/b", own_start_time + 1);
	write_record("web-10", NULL, NULL, own_start_time);
	tap_number(collect_known(&store, &known, &err), 0, "three records");
	if (tap_number((int64_t)known.count, 3, "three containers")) {
		tap_string(known.list[0].record.id, "web-1", "in the order of their ids: the first");
		tap_string(known.list[1].record.id, "web-10", "the second");
		tap_string(known.list[2].record.id, "web-2", "the third");
		tap_ok(known.list[1].alive && !known.list[0].alive, "alive, or another process by now");
		tap_string(known.list[0].name, "one", "a name of the record's");
		tap_string(known.list[2].name, NULL, "no name");
	}
	known_free(&known);
	tap_ok(!known.count && !known.list, "freed");
}

static void test_one(void)
{
	struct known_list known = KNOWN_NONE;
	struct err err = {0};

	tap_number(collect_one(&store, "web-1", &known, &err), 0, "one container");
	tap_ok(known.count == 1 && strcmp(known.list[0].record.id, "web-1") == 0, "it is this one");
	known_free(&known);
	tap_number(collect_one(&store, "web", &known, &err), -ENOENT, "an id that is not there");
	tap_number(collect_one(&store, "../web", &known, &err), -EINVAL, "an id that is none");
	tap_ok(!known.count && !known.list, "nothing is found then");
}

/* The engine's file is nearer to the truth than the record: a container may have been renamed. */
static void test_engine_names(void)
{
	char bundle[256];
	struct known_list known = KNOWN_NONE;

	mkdirat(scratch.fd, "overlay-containers", 0755);
	scratch_file(&scratch, "overlay-containers/containers.json", 0644,
		"[{\"id\":\"pod\",\"names\":[\"renamed\"]}]");
	snprintf(bundle, sizeof(bundle), "%s/overlay-containers/pod/userdata", scratch.path);
	write_record("pod", "old", bundle, own_start_time);
	tap_number(collect_one(&store, "pod", &known, ERR_IGNORED), 0,
		"a container whose engine has a file of names");
	tap_string(known.count ? known.list[0].name : NULL, "renamed", "has its name from there");
	known_free(&known);
	mkdirat(scratch.fd, "vfs-containers", 0755);
	scratch_file(&scratch, "vfs-containers/containers.json", 0644,
		"[{\"id\":\"pod2\",\"names\":[\"second\"]}]");
	snprintf(bundle, sizeof(bundle), "%s/vfs-containers/pod2/userdata", scratch.path);
	write_record("pod2", NULL, bundle, own_start_time);
	tap_number(collect_known(&store, &known, ERR_IGNORED), 0, "two engines with files of their own");
	tap_string(known.count == 5 ? known.list[0].name : NULL, "renamed", "the one's name");
	tap_string(known.count == 5 ? known.list[1].name : NULL, "second", "the other's");
	known_free(&known);
}

static void collect_bad_names(void)
{
	struct known_list known = KNOWN_NONE;

	scratch_file(&scratch, "overlay-containers/containers.json", 0644, "[{\"id\":");
	if (collect_one(&store, "pod", &known, ERR_IGNORED) < 0 || strcmp(known.list[0].name, "old") != 0)
		abort();
	known_free(&known);
}

static void collect_garbage_records(void)
{
	struct known_list known = KNOWN_NONE;
	struct err err = {0};

	scratch_file(&scratch, "rec/garbage.json", 0600, "garbage");
	scratch_file(&scratch, "rec/empty.json", 0600, "");
	scratch_file(&scratch, "rec/wrong.json", 0600, "{\"id\":\"web-1\",\"pid\":1,\"start-time\":1}");
	scratch_file(&scratch, "rec/.web-3.json", 0600, "{\"id\":");
	scratch_file(&scratch, "rec/README", 0600, "read me");
	scratch_file(&scratch, "rec/.json", 0600, "{}");
	mkdirat(store.records, "directory.json", 0700);
	(void)!symlinkat("web-1.json", store.records, "link.json");
	if (collect_known(&store, &known, &err) < 0 || known.count != 5)
		abort();
	known_free(&known);
}

static void collect_large_record(void)
{
	struct known_list known = KNOWN_NONE;
	int fd = openat(store.records, "large.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, RECORD_SIZE_LIMIT + 1) < 0)
		abort();
	close(fd);
	if (collect_known(&store, &known, ERR_IGNORED) < 0 || known.count != 5)
		abort();
	known_free(&known);
}

static void count_session(const struct session *session, void *context)
{
	if (session->pid != getpid() || strcmp(session->command, "strace -p 1") != 0 ||
		strcmp(session->user, "root") != 0 || strcmp(session->since, "2026-01-01T00:00:00Z") != 0)
		abort();
	++*(int *)context;
}

static int count_sessions(const char *container)
{
	int count = 0;

	session_each(&store, container, count_session, &count);
	return count;
}

static int count_files(void)
{
	struct dirent **entries = NULL;
	int count = scandirat(store.sessions, ".", &entries, NULL, NULL);

	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count - 2; /* "." and ".." */
}

static void test_sessions(void)
{
	struct session session = {.container = "web-1",
		.pid = getpid(),
		.start_time = own_start_time,
		.pid_namespace = target_pid_namespace(),
		.user = "root",
		.command = "strace -p 1",
		.since = "2026-01-01T00:00:00Z"};
	struct err err = {0};

	tap_number(count_sessions(NULL), 0, "no sessions");
	tap_number(session_write(&store, &session, &err), 0, "a session is written");
	tap_number(count_sessions(NULL), 1, "it is there");
	tap_number(count_sessions("web-1"), 1, "for its container");
	tap_number(count_sessions("web-10"), 0, "and for no other");
	session.start_time++;
	tap_number(session_write(&store, &session, &err), 0, "its process is another one by now");
	tap_number(count_sessions(NULL), 0, "it counts no more");
	tap_number(count_files(), 1, "and stays");
	session_clean(&store, true);
	tap_number(count_files(), 0, "until it is cleaned up");
	session.start_time--;
	session_write(&store, &session, &err);
	session_clean(&store, true);
	tap_number(count_files(), 1, "one that lives is not cleaned up");
	session_remove(&store, getpid());
	tap_number(count_sessions(NULL), 0, "a session is removed");
	session_remove(&store, getpid());
}

static void read_bad_sessions(void)
{
	static const char *const texts[] = {"", "garbage", "{}", "[]", "{\"container\":\"web-1\",\"pid\":1}",
		"{\"container\":5,\"pid\":1,\"start-time\":1,\"pid-namespace\":1}",
		"{\"pid\":0,\"container\":\"web-1\",\"start-time\":1,\"pid-namespace\":1}",
		"{\"container\":\"web-1\",\"start-time\":1,\"pid-namespace\":1}",
		"{\"container\":\"web-1\",\"pid\":2147483648,\"start-time\":1,\"pid-namespace\":1}",
		"{\"container\":\"web-1\",\"pid\":-1,\"start-time\":1}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char name[64];

		snprintf(name, sizeof(name), "sessions/%zu.json", i + 1000000000);
		scratch_file(&scratch, name, 0600, texts[i]);
	}
	scratch_file(&scratch, "sessions/.1000000020.json", 0600, "{\"container\":");
	if (count_sessions(NULL) != 0)
		abort();
	session_clean(&store, true);
	if (count_files() != 0)
		abort();
}

/* What cannot be read, and may be of a process that lives, stays. */
static void test_kept_sessions(void)
{
	char name[64];

	snprintf(name, sizeof(name), "sessions/%d.json", getpid());
	scratch_file(&scratch, name, 0600, "garbage");
	scratch_file(&scratch, "sessions/notes", 0600, "");
	session_clean(&store, true);
	tap_number(count_files(), 2, "a file that says nothing stays, unless its process is gone for sure");
	unlinkat(scratch.fd, name, 0);
	unlinkat(scratch.fd, "sessions/notes", 0);
}

/* 0 would be taken for "any process". */
static void test_session_without_start(void)
{
	const struct session session = {.container = "web-1",
		.pid = getpid(),
		.user = "root",
		.pid_namespace = target_pid_namespace(),
		.command = "strace -p 1",
		.since = "2026-01-01T00:00:00Z"};

	session_write(&store, &session, ERR_IGNORED);
	tap_number(count_sessions(NULL), 0, "a session whose process has no start time is none");
	session_remove(&store, getpid());
}

static void read_large_session(void)
{
	int fd = openat(store.sessions, "1000000030.json", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (256 << 10) + 1) < 0)
		abort();
	close(fd);
	if (count_sessions(NULL) != 0)
		abort();
	session_clean(&store, true);
	if (count_files() != 0)
		abort();
}

int main(void)
{
	struct target self = TARGET_NONE;

	scratch_make(&scratch);
	if (target_open(getpid(), 0, &self, ERR_IGNORED) < 0 || mkdirat(scratch.fd, "rec", 0700) < 0 ||
		mkdirat(scratch.fd, "sessions", 0700) < 0)
		abort();
	own_start_time = self.start_time;
	store.records = openat(scratch.fd, "rec", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store.sessions = openat(scratch.fd, "sessions", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_list();
	test_one();
	test_engine_names();
	tap_survives(collect_bad_names, "a malformed file of names: the record's name is taken");
	tap_survives(collect_garbage_records, "records that cannot be read are passed over");
	tap_survives(collect_large_record, "so is one that is too large");
	test_sessions();
	tap_survives(read_bad_sessions, "sessions that cannot be read are no sessions, and are cleaned up");
	test_kept_sessions();
	test_session_without_start();
	tap_survives(read_large_session, "so is one that is too large");
	target_close(&self);
	close(store.records);
	close(store.sessions);
	scratch_remove(&scratch);
	return tap_done();
}
