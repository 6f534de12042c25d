/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions: who runs what in which container, a small file each in <state>/sessions/. One whose process is
 * gone counts no more. */
#pragma once

#include "cgroup_session.h"
#include "json.h"
#include "mark.h"
#include "store.h"

struct session {
	struct json *document;  /* the texts' owner, of one that was read; else null */
	const char *container;  /* id */
	pid_t pid;              /* of the command, in the host's pid namespace */
	uint64_t start_time;    /* of that process, as in target.h */
	uint64_t pid_namespace; /* that PID is a number in */
	const char *user;       /* who asked */
	const char *command;    /* its arguments, with blanks between */
	const char *since;      /* UTC, ISO 8601 */
	pid_t caller;           /* the dbg-inject that it is of */
	uint64_t caller_start_time;
	struct mark mark; /* of its processes */
	bool promise;     /* no session yet: PID, a dbg-inject, has promised to take the tools away (--rm) */
	const struct cgroup_session *cgroups; /* to be written: those of its own; null: none */
};

/* Pure: the text of a session's file. True: *RET has a document, which is the caller's. */
bool session_parse(const char *text, size_t length, struct session *ret);

int session_write(const struct store *store, const struct session *session, struct err *err);
void session_remove(const struct store *store, pid_t pid);

/*
 * Before the tools come: PROCESS, ourselves, has promised to take them away from CONTAINER when its session is over. So that
 * they go also where it is killed.
 */
struct target;
int session_promise(
	const struct store *store, const char *container, const struct target *process, struct err *err);
void session_keep_promise(const struct store *store, pid_t process);

/* Calls FUNCTION for the container of each promise whose process is gone. True: the promise is kept, and removed. */
void session_each_broken(
	const struct store *store, bool (*function)(const char *container, void *context), void *context);

/* Calls FUNCTION for each session that lives, of CONTAINER or (null) of all; SESSION is valid during the call. */
void session_each(const struct store *store, const char *container,
	void (*function)(const struct session *session, void *context), void *context);

/* The same for each session whose dbg-inject lives, also where its command has ended by now. */
void session_each_caller(const struct store *store, const char *container,
	void (*function)(const struct session *session, void *context), void *context);

/*
 * Removes the files of sessions that are over, and the control groups that they had of their own. KILL: end what is left of
 * those whose dbg-inject was killed, which may take seconds; else such a session's file stays for a later call.
 */
void session_clean(const struct store *store, bool kill);
