/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a session while it lasts, and how its processes are told. */
#include "audit.h"
#include "session.h"
#include "session_work.h"

#include "util.h"

#include <sched.h>
#include <stdio.h>
#include <time.h>

/* The arguments with blanks between, as far as they fit. */
static void join_arguments(char *const *arguments, char *text, size_t size)
{
	size_t used = 0;

	for (*text = '\0'; *arguments && used < size; arguments++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", *arguments);
}

static int write_session(struct session_work *work, const struct target *command, struct err *err)
{
	char arguments[1024], since[32];

	join_arguments(work->plan.arguments, arguments, sizeof(arguments));
	util_time_text(time(NULL), since);
	return session_write(&work->context->store,
		&(struct session){
			.container = work->meant.container->record.id,
			.pid = work->entered.pid,
			.start_time = command->start_time,
			.pid_namespace = target_pid_namespace(),
			.caller = work->self.pid,
			.caller_start_time = work->self.start_time,
			.mark = work->mark,
			.user = audit_user(),
			.command = arguments,
			.since = since,
			.cgroups = &work->surroundings.own,
		},
		err);
}

struct slacks {
	uint64_t wanted;
	bool taken;
};

static void see_slack(const struct session *session, void *pointer)
{
	struct slacks *slacks = pointer;

	slacks->taken |= session->mark.slack == slacks->wanted;
}

/* One that no other session in this container has: its lock is held. */
void session_choose_mark(struct session_work *work)
{
	struct slacks slacks = {.taken = true};

	for (unsigned int number = (unsigned int)getpid(); slacks.taken; number++) {
		slacks = (struct slacks){.wanted = MARK_BASE + 1 + number % MARK_COUNT};
		if (work->context->has_store)
			session_each(
				&work->context->store, work->meant.container->record.id, see_slack, &slacks);
	}
	work->slack = slacks.wanted;
}

void session_audit(const struct session_work *work)
{
	char arguments[1024];

	join_arguments(work->plan.arguments, arguments, sizeof(arguments));
	audit(work->meant.container, "runs %s", arguments);
}

/* Whose namespace NS (one bit) the command is in: the container's, or ours. */
static int home_of(const struct session_work *work, unsigned int ns)
{
	return work->plan.namespaces & ns ? work->meant.target.proc : work->self.proc;
}

int session_record(struct session_work *work, struct err *err)
{
	cleanup_target struct target command = TARGET_NONE;
	int rc = target_open(work->entered.pid, 0, &command, err);

	if (rc < 0)
		return rc;
	work->mark =
		mark_read(command.proc, work->slack, home_of(work, CLONE_NEWPID), home_of(work, CLONE_NEWNS));
	cgroup_session_name(&work->surroundings.own, work->entered.pid);
	*work->guarded = (struct guarded){.pid = work->entered.pid, .mark = work->mark};
	return work->context->has_store ? write_session(work, &command, err) : 0;
}
