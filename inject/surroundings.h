/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a command finds when it starts: who it is, what it may, its environment. Data, so that --dry-run can show it. */
#pragma once

#include "become.h"
#include "cgroup.h"
#include "cgroup_session.h"
#include "environment.h"
#include "inject.h"
#include "privileges.h"
#include "user.h"

struct json_writer;

struct surroundings {
	struct user user;
	const char *directory; /* an absolute path; null: that of the container's process */
	struct privileges privileges;
	bool is_mapped; /* the user's numbers are those of the container's user namespace, not of ours */
	struct environment environment;
	enum cgroup_choice cgroup;
	struct cgroups cgroups;    /* the container's, where the command is to join them */
	struct cgroup_session own; /* one of its own; made by surroundings_join */
	struct cgroup_limits limits;
};

/* What CONTEXT asks for in the container MEANT. *RET: the caller's, also after an error; it changes nothing. */
int surroundings_make(
	const struct context *context, const struct meant *meant, struct surroundings *ret, struct err *err);
void surroundings_free(struct surroundings *surroundings);

/* What lib/become.h makes of it; borrows from SURROUNDINGS. */
struct identity surroundings_identity(const struct surroundings *surroundings);

/* Gives FD, a pipe's end or a terminal that we have made, to the command's user: it may open /dev/stdout then. */
int surroundings_give(
	const struct surroundings *surroundings, const struct meant *meant, int fd, struct err *err);

/* Moves process PID, a child of ours, into the control groups that it is to count against. */
int surroundings_join(const struct surroundings *surroundings, pid_t pid, struct err *err);

/* The end of that: a control group of the command's own goes, and with it what the command has left running. */
int surroundings_leave(const struct surroundings *surroundings, struct err *err);

/* explain_surroundings.c: lines for people, and members of an object. */
void surroundings_print(const struct surroundings *surroundings);
void surroundings_write(struct json_writer *writer, const struct surroundings *surroundings);
