/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include "err.h"
#include "io.h"
#include "target.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { SESSION_SIZE_LIMIT = 256 << 10 };

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
	json_write_string(writer, "user", session->user);
	json_write_string(writer, "command", session->command);
	json_write_string(writer, "since", session->since);
	json_write_end(writer);
	if (json_writer_finish(writer, &text, &length, err) < 0)
		return -err->number;
	snprintf(name, sizeof(name), "%d.json", session->pid);
	return io_write_file(store->sessions, name, 0600, text, length, err);
}

void session_remove(const struct store *store, pid_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "%d.json", pid);
	unlinkat(store->sessions, name, 0);
}

static bool read_session(const struct store *store, const char *name, struct session *ret)
{
	cleanup_free char *text = NULL;
	cleanup_json struct json *document = NULL;
	int64_t pid = 0, start_time = 0;
	size_t length;

	if (io_read_file(store->sessions, name, SESSION_SIZE_LIMIT, &text, &length, NULL) < 0 ||
		json_parse(text, length, &document, NULL) < 0)
		return false;
	*ret = (struct session){
		.container = json_string(json_get(document, "container")),
		.user = json_string(json_get(document, "user")),
		.command = json_string(json_get(document, "command")),
		.since = json_string(json_get(document, "since")),
	};
	if (!json_number(json_get(document, "pid"), &pid) || pid <= 0 || pid > INT_MAX ||
		!json_number(json_get(document, "start-time"), &start_time) || !ret->container)
		return false;
	ret->pid = (pid_t)pid;
	ret->start_time = (uint64_t)start_time;
	ret->document = TAKE_PTR(document);
	return true;
}

int session_each(const struct store *store, const char *container, bool clean,
	void (*function)(const struct session *session, void *context), void *context)
{
	cleanup_fd int fd = openat(store->sessions, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fdopendir(fd);
	struct dirent *entry;
	int removed = 0;

	if (!stream)
		return 0;
	fd = FD_NONE;
	while ((entry = readdir(stream))) {
		struct session session = {0};
		bool alive;

		if (entry->d_name[0] == '.' && !strstr(entry->d_name, ".json"))
			continue;
		alive = read_session(store, entry->d_name, &session) &&
			target_is_alive(session.pid, session.start_time);
		if (alive && function && (!container || strcmp(container, session.container) == 0))
			function(&session, context);
		if (!alive && clean && unlinkat(store->sessions, entry->d_name, 0) == 0)
			removed++;
		json_free(session.document);
	}
	closedir(stream);
	return removed;
}
