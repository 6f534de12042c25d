/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes in a container that are none of its own making: those of sessions, and of others who have entered it. */
#include "traces.h"

#include "err.h"
#include "io.h"
#include "ns.h"
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct process {
	pid_t pid, parent;
	bool has_mark;
	char name[64]; /* escaped */
};

struct processes {
	struct process *list;
	size_t count;
	unsigned int common; /* the namespaces of which one at least has to be the container's */
};

/* The fourth field of /proc/PID/stat; the second, a name in brackets, may hold anything. 0: not to be told. */
static pid_t parent_of(int proc)
{
	cleanup_free char *text = NULL;
	const char *end;
	int parent = 0;

	if (io_read_file(proc, "stat", PROC_STAT_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return 0;
	end = strrchr(text, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
	return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/* Is it the first one of its pid namespace? A pid namespace that is shared does not tell whose a process is. */
static bool is_first_of_namespace(int proc)
{
	cleanup_free char *text = NULL;
	char *line;

	if (io_read_file(proc, "status", PROC_STATUS_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return false;
	line = strstr(text, "\nNSpid:");
	if (line)
		line[1 + strcspn(line + 1, "\n")] = '\0';
	line = line ? strrchr(line, '\t') : NULL;
	return line && strcmp(line + 1, "1") == 0;
}

static int add(struct processes *processes, const struct target *target)
{
	struct process *new = realloc(processes->list, (processes->count + 1) * sizeof(*new));

	if (!new)
		return -ENOMEM;
	processes->list = new;
	new += processes->count++;
	*new = (struct process){
		.pid = target->pid,
		.parent = parent_of(target->proc),
		.has_mark = mark_is_one(mark_slack(target->proc)),
	};
	target_name(target->proc, new->name);
	return 0;
}

static int list_processes(const struct target *first, struct processes *processes, struct err *err)
{
	DIR *stream = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;
	int rc = 0;

	if (!stream)
		return err_errno(err, errno, "read /proc");
	while (rc == 0 && (entry = readdir(stream))) {
		cleanup_target struct target target = TARGET_NONE;
		uint64_t pid;

		if (!util_number(entry->d_name, 1, INT_MAX, &pid) ||
			target_open((pid_t)pid, 0, &target, ERR_IGNORED) < 0 ||
			!(ns_common(target.proc, first->proc) & processes->common))
			continue;
		if (add(processes, &target) < 0)
			rc = err_errno(err, ENOMEM, "list the container's processes");
	}
	if (stream)
		closedir(stream);
	return rc;
}

static bool is_among(const struct processes *processes, pid_t pid)
{
	for (size_t i = 0; i < processes->count; i++)
		if (processes->list[i].pid == pid)
			return true;
	return false;
}

struct sought {
	pid_t pid;
	bool found;
};

static void see_session(const struct session *session, void *pointer)
{
	struct sought *sought = pointer;

	sought->found |= session->pid == sought->pid;
}

static void judge(const struct store *store, const struct record *record, const struct processes *processes,
	const struct process *process, struct traces *traces)
{
	struct sought sought = {.pid = process->pid};

	if (process->pid == record->pid)
		return;
	if (store)
		session_each(store, record->id, see_session, &sought);
	if (sought.found)
		traces_add(traces, TRACE_PROCESS, TRACE_OURS, "pid %d (%s), of a session that runs",
			process->pid, process->name);
	else if (process->has_mark)
		traces_add(traces, TRACE_PROCESS, TRACE_OURS, "pid %d (%s), started by a session",
			process->pid, process->name);
	else if (!is_among(processes, process->parent))
		traces_add(traces, TRACE_PROCESS, TRACE_THEIRS,
			"pid %d (%s), which came from outside (its parent is pid %d)", process->pid,
			process->name, process->parent);
}

int traces_find_processes(const struct store *store, const struct record *record, const struct target *target,
	struct traces *traces, struct err *err)
{
	struct processes processes = {.common = CLONE_NEWNS};
	int rc;

	if (is_first_of_namespace(target->proc))
		processes.common |= CLONE_NEWPID;
	rc = list_processes(target, &processes, err);
	for (size_t i = 0; rc == 0 && i < processes.count; i++)
		judge(store, record, &processes, &processes.list[i], traces);
	free(processes.list);
	/* These need no baseline: what comes from outside was never its own. */
	traces->looked[TRACE_PROCESS] = traces->compared[TRACE_PROCESS] = rc == 0;
	return rc;
}
