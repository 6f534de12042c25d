/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup_session.h"

#include "bounds.h"
#include "cgroup.h"
#include "err.h"
#include "io.h"
#include "mountinfo.h"
#include "path.h"
#include "sys.h"
#include "target.h"
#include "util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/*
 * A removal's pause where no event tells of a change: version 1 has no cgroup.events, and of a process that is not listed any more
 * there is no pidfd. From Linux 6.19 on one leaves its group a moment after it has ended.
 */
enum { PAUSE_MILLISECONDS = 1 };

ssize_t cgroup_session_parent(const char *path, const char *id)
{
	const char *found = strstr(path, id), *end;

	if (!*path)
		return -1;
	end = found ? found : path + strlen(path);
	while (end > path && *end != '/')
		end--;
	return end - path;
}

/* Version 2 serves alone; beside version 1 the controllers are there. */
static bool is_wanted(const struct cgroup_place *place, size_t count)
{
	if (!*place->controllers)
		return count == 1;
	return mountinfo_has_option(place->controllers, "memory") ||
	       mountinfo_has_option(place->controllers, "pids");
}

static int add_place(
	const struct cgroup_place *place, const char *id, struct cgroup_session *session, struct err *err)
{
	struct cgroup_session_place *new = &session->list[session->count];
	ssize_t length = cgroup_session_parent(place->path, id);
	bool is_v2 = !*place->controllers;

	if (length < 0)
		return err_set(err, ENOTSUP, "the container has no control group of its own");
	if ((size_t)snprintf(new->above, sizeof(new->above), "%s%s%.*s", place->point, length ? "/" : "",
		    (int)length, place->path) >= sizeof(new->above))
		return err_errno(err, ENAMETOOLONG, "%s", place->point);
	new->parent = cgroup_open_directory(place, (size_t)length, err);
	if (new->parent < 0)
		return new->parent;
	new->is_v2 = is_v2;
	new->has_memory = is_v2 || mountinfo_has_option(place->controllers, "memory");
	new->has_processes = is_v2 || mountinfo_has_option(place->controllers, "pids");
	session->count++;
	return 0;
}

int cgroup_session_open(int proc, const char *id, struct cgroup_session *ret, struct err *err)
{
	cleanup_free char *membership = NULL, *table = NULL;
	struct cgroup_place places[CGROUP_LIMIT];
	struct cgroup_session session = {.count = 0};
	size_t count = 0;
	int rc = cgroup_read(proc, &membership, &table, err);

	if (rc == 0)
		rc = cgroup_find(membership, table, places, &count, err);
	for (size_t i = 0; rc == 0 && i < count && session.count < CGROUP_SESSION_LIMIT; i++)
		if (is_wanted(&places[i], count))
			rc = add_place(&places[i], id, &session, err);
	if (rc == 0 && !session.count)
		rc = err_set(err, ENOTSUP, "there is neither a memory nor a pids controller here");
	if (rc < 0) {
		cgroup_session_close(&session);
		return rc;
	}
	*ret = session;
	return 0;
}

void cgroup_session_close(struct cgroup_session *session)
{
	for (size_t i = 0; i < session->count; i++)
		close_keep_errno(&session->list[i].parent);
	session->count = 0;
}

void cgroup_session_name(struct cgroup_session *session, pid_t pid)
{
	snprintf(session->name, sizeof(session->name), CGROUP_SESSION_PREFIX "%d", pid);
	for (size_t i = 0; i < session->count; i++) {
		struct cgroup_session_place *place = &session->list[i];

		snprintf(place->path, sizeof(place->path), "%s/%s", place->above, session->name);
	}
}

static int write_file(int directory, const char *file, uint64_t number, struct err *err)
{
	cleanup_fd int fd = openat(directory, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ENOTSUP,
			"there is no %s beside the container's control group: set no such limit in the "
			"configuration",
			file);
	if (fd < 0 || write(fd, digits, (size_t)length) != length)
		return err_errno(err, errno, "write %" PRIu64 " to %s", number, file);
	return 0;
}

static int set_limits(const struct cgroup_session_place *place, int directory,
	const struct cgroup_limits *limits, struct err *err)
{
	int rc = 0;

	if (place->has_memory && limits->memory)
		rc = write_file(directory, place->is_v2 ? "memory.max" : "memory.limit_in_bytes",
			limits->memory, err);
	if (rc == 0 && place->has_processes && limits->processes)
		rc = write_file(directory, "pids.max", limits->processes, err);
	return rc;
}

/* A directory of that name can only be what a session of the same number has left. */
static int make_directory(const struct cgroup_session_place *place, const char *name, struct err *err)
{
	int rc = mkdirat(place->parent, name, 0755);

	if (rc < 0 && errno == EEXIST && unlinkat(place->parent, name, AT_REMOVEDIR) == 0)
		rc = mkdirat(place->parent, name, 0755);
	if (rc == 0)
		rc = openat(place->parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return rc < 0 ? err_errno(err, errno, "make the control group %s", place->path) : rc;
}

int cgroup_session_join(
	const struct cgroup_session *session, const struct cgroup_limits *limits, pid_t pid, struct err *err)
{
	for (size_t i = 0; i < session->count; i++) {
		const struct cgroup_session_place *place = &session->list[i];
		cleanup_fd int directory = make_directory(place, session->name, err);
		int rc = directory < 0 ? directory : set_limits(place, directory, limits, err);

		if (rc == 0)
			rc = write_file(directory, "cgroup.procs", (uint64_t)pid, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* True if process PID is in the group: asked once more when we hold it, so that no other gets the signal. */
static bool has_process(int directory, int pid)
{
	cleanup_free char *text = NULL;
	char line[16], *rest, *found;

	if (io_read_file(directory, "cgroup.procs", 4 << 20, &text, NULL, ERR_IGNORED) < 0)
		return false;
	snprintf(line, sizeof(line), "%d", pid);
	for (rest = text; (found = strsep(&rest, "\n"));)
		if (strcmp(found, line) == 0)
			return true;
	return false;
}

/*
 * All that can be seen of its processes, one after the other: version 1, and version 2 before kernel 5.14. Returns a pidfd of one,
 * the caller's; FD_NONE: there is none.
 */
static int kill_each(int directory)
{
	cleanup_free char *text = NULL;
	cleanup_fd int one = FD_NONE;
	char *rest, *line;

	if (io_read_file(directory, "cgroup.procs", 4 << 20, &text, NULL, ERR_IGNORED) < 0)
		return FD_NONE;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
		int pid = atoi(line);
		cleanup_fd int pidfd = pid > 1 ? sys_pidfd_open(pid) : FD_NONE;

		if (pidfd < 0 || !has_process(directory, pid))
			continue;
		(void)sys_pidfd_send_signal(pidfd, SIGKILL);
		if (one < 0)
			one = TAKE_FD(pidfd);
	}
	return TAKE_FD(one);
}

/*
 * Kills what is in the group, and waits until some of it is gone. EVENTS: its cgroup.events, read before; version 1 has none. False:
 * there was nothing to wait for.
 */
static bool empty(int directory, int events, int64_t until)
{
	bool all = write_file(directory, "cgroup.kill", 1, ERR_IGNORED) == 0;
	cleanup_fd int one = all ? FD_NONE : kill_each(directory);
	struct pollfd event = {.fd = events, .events = POLLPRI};
	int64_t rest = until - util_now();

	if (one >= 0)
		(void)target_await_end(one, until);
	else if (events >= 0)
		(void)poll(&event, 1, rest > 0 ? (int)rest : 0);
	return one >= 0 || events >= 0;
}

/* What was killed takes a moment to be gone. */
static int remove_directory(int parent, const char *name, bool kill, struct err *err)
{
	cleanup_fd int directory = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	cleanup_fd int events = FD_NONE;
	int64_t until = util_now() + CGROUP_REMOVE_SECONDS * INT64_C(1000);

	if (directory < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "open the control group %s", name);
	if (kill)
		events = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	for (bool seen = true;;) {
		char text[64];

		(void)!pread(events, text, sizeof(text), 0); /* poll tells what changes from here on */
		if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || !kill || util_now() >= until)
			return err_errno(err, errno, "remove the control group %s", name);
		if (!seen) /* nor was it listed before */
			(void)poll(NULL, 0, PAUSE_MILLISECONDS);
		seen = empty(directory, events, until);
	}
}

int cgroup_session_remove(const struct cgroup_session *session, struct err *err)
{
	int first = 0;

	for (size_t i = 0; *session->name && i < session->count; i++) {
		int rc = remove_directory(
			session->list[i].parent, session->name, true, first < 0 ? ERR_IGNORED : err);

		if (first == 0)
			first = rc;
	}
	return first;
}

int cgroup_session_remove_path(const char *path, bool kill, struct err *err)
{
	cleanup_free char *above = strdup(path);
	cleanup_fd int parent = FD_NONE;
	struct statfs fs;
	char *name = above ? strrchr(above, '/') : NULL;

	if (!name || name == above || path[0] != '/' ||
		strncmp(name + 1, CGROUP_SESSION_PREFIX, strlen(CGROUP_SESSION_PREFIX)) != 0)
		/* cppcheck-suppress memleak ; the attribute cleanup frees it */
		return err_set(err, EINVAL, "not a session's control group: %s", path);
	*name++ = '\0';
	parent = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "open %s", above);
	if (fstatfs(parent, &fs) < 0 || (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC))
		return err_set(err, EINVAL, "not a session's control group: %s", path);
	return remove_directory(parent, name, kill, err);
}
