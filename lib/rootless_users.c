/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rootless_users.h"

#include "become.h"
#include "bounds.h"
#include "err.h"
#include "foreign.h"
#include "io.h"
#include "mnt.h"
#include "ns.h"
#include "path.h"
#include "runtimes.h"
#include "sys.h"
#include "userns.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { NOBODY = 65534, PID_NUMBERS = 4 << 20 /* PID_MAX_LIMIT of the kernel */ };

/* Where the runtime directory of a user is: the number follows. In /tmp, anybody can make one for each number he has. */
static const struct {
	const char *directory, *prefix;
	size_t limit;
} places[] = {
	{"/run/user", "", ROOTLESS_USERS_LIMIT},
	{"/tmp", "podman-run-", 32}, /* podman's own choice where there is no login session */
};

/* One user who is asked. */
struct asked {
	char directory[64];
	uid_t uid;
	const char *id; /* that is wanted; null: all */
	struct foreign foreign;
};

/* In a process of its own: nothing of root's stays with it but memory, which others cannot see. */
static int become_user(uid_t uid, int out)
{
	const struct identity identity = {.uid = uid, .gid = NOBODY, .no_new_privs = true};
	struct rlimit memory = {ROOTLESS_MEMORY_SIZE_LIMIT, ROOTLESS_MEMORY_SIZE_LIMIT},
		      seconds = {FOREIGN_SECONDS, FOREIGN_SECONDS};

	if (dup2(out, STDIN_FILENO) < 0)
		return -errno;
	sys_close_from(STDIN_FILENO + 1);
	(void)setrlimit(RLIMIT_AS, &memory);
	(void)setrlimit(RLIMIT_CPU, &seconds);
	if (setgroups(0, NULL) < 0)
		return -errno;
	if (become(&identity, ERR_IGNORED) < 0)
		return -EPERM;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* which a change of the user has undone */
	return STDIN_FILENO;
}

/* The id and the record of each container, each with a NUL behind. */
static int answer(const struct known_list *known, int out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < known->count && i < ROOTLESS_CONTAINERS_LIMIT; i++) {
		struct record record = known->list[i].record;
		cleanup_free char *text = NULL;
		size_t length;

		/* podman alone keeps an ordinary user's names in files; its annotations may be another id's to read. */
		if (!record.name && known->list[i].name)
			record.engine = "podman";
		record.name = known->list[i].name;
		record.bundle = NULL; /* nothing there is ever read with root's rights */
		rc = record_format(&record, &text, &length, ERR_IGNORED);
		if (rc == 0)
			rc = io_write_all(out, record.id, strlen(record.id) + 1);
		if (rc == 0)
			rc = io_write_all(out, text, length + 1);
	}
	return rc;
}

static int ask(void *context, int out)
{
	const struct asked *asked = context;
	struct known_list known = KNOWN_NONE;

	out = become_user(asked->uid, out);
	if (out < 0)
		return -out;
	runtimes_collect_below(asked->directory, asked->id, &known);
	return -answer(&known, out);
}

/* Is the container's process in namespaces of UID's own making? So nobody can point to a process of somebody else's. */
static bool is_of(uid_t uid, const struct record *record)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_target struct target target = TARGET_NONE;
	uid_t owner;

	return self >= 0 && target_open(record->pid, record->start_time, &target, ERR_IGNORED) == 0 &&
	       userns_owner(target.proc, &owner, ERR_IGNORED) == 0 && owner == uid &&
	       !ns_is_same(self, target.proc, CLONE_NEWUSER) && !ns_is_same(self, target.proc, CLONE_NEWNS) &&
	       target_check(&target, ERR_IGNORED) == 0;
}

/* A bit for each process number: most numbers are seen for the first time. */
static bool is_new_number(unsigned char *numbers, pid_t pid)
{
	unsigned char bit = (unsigned char)(1 << (pid & 7));
	bool is_new = pid < PID_NUMBERS && !(numbers[pid / 8] & bit);

	if (is_new)
		numbers[pid / 8] |= bit;
	return is_new;
}

static bool is_known(const struct known_list *known, unsigned char *numbers, const struct record *record)
{
	if (is_new_number(numbers, record->pid))
		return false;
	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].record.pid == record->pid &&
			known->list[i].record.start_time == record->start_time)
			return true;
	return false;
}

static void add(struct known_list *known, unsigned char *numbers, uid_t uid, const char *id, const char *text)
{
	struct record record = RECORD_NONE, plain;

	if (!path_is_id(id) || record_parse(text, strlen(text), id, &record, ERR_IGNORED) < 0)
		return;
	/* Of what was said, no more than this. */
	plain = (struct record){
		.memory = record.memory,
		.id = record.id,
		.name = record.name,
		.engine = strcmp(record.engine, "podman") == 0 ? "podman" : "unknown",
		.pid = record.pid,
		.start_time = record.start_time,
		.pid_namespace = known_pid_namespace(known),
		.foreign = true,
	};
	if (plain.pid <= 0 || !plain.start_time || is_known(known, numbers, &plain) || !is_of(uid, &plain))
		record_release(&record);
	else
		(void)known_add(known, &plain, true, ERR_IGNORED);
}

/* TEXT has a NUL behind its LENGTH bytes. */
static void add_answer(
	struct known_list *known, unsigned char *numbers, uid_t uid, const char *text, size_t length)
{
	const char *end = text + length;

	for (int count = 0; text < end && count < ROOTLESS_CONTAINERS_LIMIT; count++) {
		const char *record = text + strlen(text) + 1;

		if (record >= end)
			return;
		add(known, numbers, uid, text, record);
		text = record + strlen(record) + 1;
	}
}

/* The number behind PREFIX in NAME; false: there is none, or it is root's. */
static bool is_users(const char *name, const char *prefix, uid_t *ret)
{
	size_t length = strlen(prefix);
	uint64_t uid;

	if (strncmp(name, prefix, length) != 0 || !util_number(name + length, 1, UINT32_MAX - 1, &uid))
		return false;
	*ret = (uid_t)uid;
	return true;
}

/* Asks nobody but the kernel, whatever file system of the user's it is. */
static bool belongs_to(uid_t uid, int directory, const char *name)
{
	struct mnt_identity identity;

	return mnt_identify(directory, name, &identity) == 0 && identity.uid == uid;
}

/*
 * Nothing in there is touched: whatever it is, it is the user's. NONE: there is no such name; who has made what is of one may
 * be still at work on it.
 */
static size_t ask_users(size_t place, const char *id, struct asked *list, size_t count, struct absence *none)
{
	DIR *stream;
	struct dirent *entry;
	size_t limit = count + places[place].limit;

	sources_add(&none->sources, places[place].directory);
	stream = io_open_stream(AT_FDCWD, places[place].directory);
	if (!stream) {
		none->is_true &= errno == ENOENT;
		return count;
	}
	while (count < ROOTLESS_USERS_LIMIT && count < limit && (entry = readdir(stream))) {
		struct asked *asked = &list[count];

		if (!is_users(entry->d_name, places[place].prefix, &asked->uid))
			continue;
		none->is_true = false;
		if (!belongs_to(asked->uid, dirfd(stream), entry->d_name))
			continue;
		snprintf(asked->directory, sizeof(asked->directory), "%s/%s%u", places[place].directory,
			places[place].prefix, asked->uid);
		asked->id = id;
		if (foreign_start(ask, asked, &asked->foreign) == 0)
			count++;
	}
	closedir(stream);
	return count;
}

void rootless_users_collect(struct known_list *known, const char *id)
{
	cleanup_free unsigned char *numbers = NULL;
	struct asked list[ROOTLESS_USERS_LIMIT];
	int64_t deadline = foreign_deadline();
	size_t count = 0;

	if (known->no_users.is_true)
		return;
	sources_free(&known->no_users.sources);
	if (known->is_noted)
		sources_begin(&known->no_users.sources);
	known->no_users.is_true = true;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		count = ask_users(i, id, list, count, &known->no_users);
	if (count)
		numbers = calloc(1, PID_NUMBERS / 8);
	for (size_t i = 0; numbers && i < known->count; i++)
		(void)is_new_number(numbers, known->list[i].record.pid);
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *text = NULL;
		size_t length;

		if (foreign_finish(&list[i].foreign, deadline, ROOTLESS_ANSWER_SIZE_LIMIT, &text, &length) ==
				0 &&
			numbers)
			add_answer(known, numbers, list[i].uid, text, length);
	}
	known_sort(known);
}
