/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "target.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char promise_prefix[] = "remove-";

/* A promise begins with a letter, a file that is being written with a dot. */
static void name_file(char name[32], bool promise, pid_t pid)
{
	snprintf(name, 32, "%s%d.json", promise ? promise_prefix : "", pid);
}

static bool is_promise(const char *name)
{
	return strncmp(name, promise_prefix, strlen(promise_prefix)) == 0;
}

int session_write(const struct store *store, const struct session *session, struct err *err)
{
	struct json_writer *writer = json_writer_new(true);
	cleanup_free char *text = NULL;
	char name[32];
	size_t length;

	json_write_object(writer, NULL);
	json_write_string(writer, "container", session->container);
	json_write_number(writer, "pid", session->pid);
	json_write_number(writer, "start-time", (int64_t)session->start_time);
	json_write_number(writer, "pid-namespace", (int64_t)session->pid_namespace);
	json_write_string(writer, "user", session->user);
	json_write_string(writer, "command", session->command);
	json_write_string(writer, "since", session->since);
	json_write_number(writer, "caller", session->caller);
	json_write_number(writer, "caller-start-time", (int64_t)session->caller_start_time);
	json_write_object(writer, "mark");
	json_write_number(writer, "slack", (int64_t)session->mark.slack);
	json_write_number(writer, "pid", (int64_t)session->mark.pid);
	json_write_number(writer, "mnt", (int64_t)session->mark.mount);
	json_write_end(writer);
	json_write_array(writer, "cgroups");
	for (size_t i = 0; session->cgroups && i < session->cgroups->count; i++)
		json_write_string(writer, NULL, session->cgroups->list[i].path);
	json_write_end(writer);
	json_write_end(writer);
	if (json_writer_finish(writer, &text, &length, err) < 0)
		return -err->number;
	name_file(name, session->promise, session->pid);
	return io_write_file(store->sessions, name, 0600, text, length, err);
}

void session_remove(const struct store *store, pid_t pid)
{
	char name[32];

	name_file(name, false, pid);
	unlinkat(store->sessions, name, 0);
}

int session_promise(
	const struct store *store, const char *container, const struct target *process, struct err *err)
{
	return session_write(store,
		&(struct session){
			.container = container,
			.promise = true,
			.pid = process->pid,
			.start_time = process->start_time,
			.pid_namespace = target_pid_namespace(),
		},
		err);
}

void session_keep_promise(const struct store *store, pid_t process)
{
	char name[32];

	name_file(name, true, process);
	unlinkat(store->sessions, name, 0);
}

/* Whose session it is, and how its processes are found. */
static void read_rest(const struct json *document, struct session *ret)
{
	const struct json *mark = json_get(document, "mark");
	int64_t caller = 0, start_time = 0, slack = 0, pid = 0, mount = 0;

	if (!json_number(json_get(document, "caller"), &caller) || caller <= 0 || caller > INT_MAX ||
		!json_number(json_get(document, "caller-start-time"), &start_time) || start_time <= 0)
		return;
	ret->caller = (pid_t)caller;
	ret->caller_start_time = (uint64_t)start_time;
	if (json_number(json_get(mark, "slack"), &slack) && json_number(json_get(mark, "pid"), &pid) &&
		json_number(json_get(mark, "mnt"), &mount) && slack > MARK_BASE && pid > 0 && mount > 0)
		ret->mark = (struct mark){(uint64_t)slack, (uint64_t)pid, (uint64_t)mount};
}

bool session_parse(const char *text, size_t length, struct session *ret)
{
	cleanup_json struct json *document = NULL;
	int64_t pid = 0, start_time = 0, pid_namespace = 0;
	struct session session;

	if (json_parse(text, length, &document, ERR_IGNORED) < 0)
		return false;
	session = (struct session){
		.container = json_string(json_get(document, "container")),
		.user = json_string(json_get(document, "user")),
		.command = json_string(json_get(document, "command")),
		.since = json_string(json_get(document, "since")),
	};
	if (!json_number(json_get(document, "pid"), &pid) || pid <= 0 || pid > INT_MAX ||
		!json_number(json_get(document, "start-time"), &start_time) || start_time <= 0 ||
		!json_number(json_get(document, "pid-namespace"), &pid_namespace) || !session.container)
		return false;
	session.pid = (pid_t)pid;
	session.start_time = (uint64_t)start_time;
	session.pid_namespace = (uint64_t)pid_namespace;
	read_rest(document, &session);
	session.document = TAKE_PTR(document);
	*ret = session;
	return true;
}

static bool read_session(const struct store *store, const char *name, struct session *ret)
{
	cleanup_free char *text = NULL;
	size_t length;

	return io_read_file(store->sessions, name, SESSION_SIZE_LIMIT, &text, &length, ERR_IGNORED) == 0 &&
	       session_parse(text, length, ret);
}

/* All names in the directory but "." and "..", of promises or of sessions. True: the file is removed. */
static void each_name(const struct store *store, bool promises,
	bool (*function)(const struct store *store, const char *name, void *context), void *context)
{
	DIR *stream = io_is_empty(store->sessions) ? NULL : io_open_stream(store->sessions, ".");
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			is_promise(entry->d_name) == promises && function(store, entry->d_name, context))
			unlinkat(store->sessions, entry->d_name, 0);
	closedir(stream);
}

/* Sessions of CONTAINER, or of all where that is null. */
struct listing {
	const char *container;
	bool callers; /* it is their dbg-inject that has to live, and not their command */
	void (*function)(const struct session *session, void *context);
	void *context;
};

static bool is_meant(const struct listing *listing, const struct session *session)
{
	pid_t pid = listing->callers ? session->caller : session->pid;
	uint64_t start_time = listing->callers ? session->caller_start_time : session->start_time;

	return pid && !target_is_gone(pid, start_time, session->pid_namespace) &&
	       (!listing->container || strcmp(listing->container, session->container) == 0);
}

static bool list_one(const struct store *store, const char *name, void *context)
{
	const struct listing *listing = context;
	struct session session = {0};

	if (name[0] != '.' && read_session(store, name, &session) && is_meant(listing, &session))
		listing->function(&session, listing->context);
	json_free(session.document);
	return false;
}

void session_each(const struct store *store, const char *container,
	void (*function)(const struct session *session, void *context), void *context)
{
	struct listing listing = {container, false, function, context};

	each_name(store, false, list_one, &listing);
}

void session_each_caller(const struct store *store, const char *container,
	void (*function)(const struct session *session, void *context), void *context)
{
	struct listing listing = {container, true, function, context};

	each_name(store, false, list_one, &listing);
}

/* False: one of its control groups is still there. A text that names none of ours is no reason to keep the file. */
static bool remove_cgroups(const struct session *session, bool kill)
{
	const struct json *list = json_get(session->document, "cgroups"), *entry;
	bool gone = true;

	if (!json_is_array(list))
		return true;
	for (entry = json_first(list); entry; entry = json_next(entry)) {
		const char *path = json_string(entry);
		int rc = path ? cgroup_session_remove_path(path, kill, ERR_IGNORED) : 0;

		gone = gone && (rc == 0 || rc == -EINVAL);
	}
	return gone;
}

/*
 * A session whose dbg-inject was killed, and its guardian too: true if nothing of it runs any more. While its dbg-inject
 * lives, what runs on was left there on purpose.
 */
static bool end_processes(const struct session *session, bool kill)
{
	if (!session->caller ||
		!target_is_gone(session->caller, session->caller_start_time, session->pid_namespace))
		return true;
	return kill ? mark_kill(&session->mark, MARK_SECONDS, ERR_IGNORED) == 0
		    : !mark_is_in_use(&session->mark);
}

/* Of a session, and of whatever is being written, which may be a promise. 0: the name has none. */
static pid_t pid_of_name(const char *name)
{
	long pid;

	name += name[0] == '.';
	if (is_promise(name))
		name += strlen(promise_prefix);
	pid = strtol(name, NULL, 10);
	return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* The name is of no process at all. */
static bool names_nobody(const char *name)
{
	cleanup_target struct target target = TARGET_NONE;
	pid_t pid = pid_of_name(name);

	return pid && target_open(pid, 0, &target, ERR_IGNORED) == -ESRCH;
}

/* A file that is being written begins with a dot. The name alone counts where the text does not: no such process at all. */
static bool can_go(const struct store *store, const char *name, void *context)
{
	const bool *kill = context;
	struct session session = {0};
	bool over;

	if (read_session(store, name, &session))
		over = end_processes(&session, *kill) &&
		       target_is_gone(session.pid, session.start_time, session.pid_namespace) &&
		       remove_cgroups(&session, *kill);
	else
		over = names_nobody(name);
	json_free(session.document);
	return over;
}

void session_clean(const struct store *store, bool kill)
{
	each_name(store, false, can_go, &kill);
}

/* Who is to keep what a killed process has promised. */
struct keeping {
	bool (*function)(const char *container, void *context);
	void *context;
};

/* Or one that cannot be read, as in can_go. */
static bool keep_one(const struct store *store, const char *name, void *context)
{
	const struct keeping *keeping = context;
	struct session session = {0};
	bool over;

	if (read_session(store, name, &session))
		over = target_is_gone(session.pid, session.start_time, session.pid_namespace) &&
		       keeping->function(session.container, keeping->context);
	else
		over = names_nobody(name);
	json_free(session.document);
	return over;
}

void session_each_broken(
	const struct store *store, bool (*function)(const char *container, void *context), void *context)
{
	struct keeping keeping = {function, context};

	each_name(store, true, keep_one, &keeping);
}
