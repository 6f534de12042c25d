/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command in a container: plan, attach, enter, run, wait. */
#include "audit.h"
#include "guardian.h"
#include "session.h"
#include "session_work.h"
#include "shares.h"
#include "tools.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int session_plan(struct session_work *work, int tools, struct err *err)
{
	work->plan.surroundings = &work->surroundings;
	return run_plan_make(work->context, &work->meant, &work->packed, tools, &work->plan, err);
}

/* The tree that a command would find, or none where it is packed. */
static int open_planned_tree(
	struct session_work *work, const struct attach_status *status, struct tools *ret, struct err *err)
{
	const struct context *context = work->context;
	bool is_attached = status->attached || status->moved;
	const char *attached = is_attached ? work->meant.container->record.tools : NULL;

	if (work->packed.count || options_stay(&context->options))
		return 0;
	if (context->options.private) {
		work->plan.own_tools = context->tools;
		return tools_open(&context->store, context->tools, ret, err);
	}
	if (!is_attached)
		work->plan.attach = context->tools;
	work->plan.move = !is_attached && status->unprovisioned;
	return tools_open(&context->store, attached ? attached : context->tools, ret, err);
}

/* Looks, and holds nothing: the tree is read on the host. */
static int dry_run(struct session_work *work)
{
	const struct context *context = work->context;
	cleanup_shares struct shares shares = SHARES_NONE;
	cleanup_tools struct tools tools = TOOLS_NONE;
	struct attach_status status;
	struct err err = {0};
	int rc = meant_look(context, &work->meant, &status, &err);

	if (rc == 0)
		rc = open_planned_tree(work, &status, &tools, &err);
	if (rc == 0)
		rc = session_plan(work, tools.root, &err);
	if (rc < 0)
		return complain_err(work->meant.word, &err);
	shares_find(context, &work->meant.target, work->meant.container->record.id, &shares);
	work->plan.shares = &shares;
	rc = explain_plan(&work->plan, context->options.json);
	work->plan.shares = NULL;
	return rc;
}

/* The container's first process is what CONTAINER leads to, but for pid:N. */
static int open_first(struct session_work *work, struct err *err)
{
	const struct record *record = &work->meant.container->record;
	const struct target *target = &work->meant.target;

	if (record->pid != target->pid || record->start_time != target->start_time)
		return target_open(record->pid, record->start_time, &work->first, err);
	work->first.pidfd = fcntl(target->pidfd, F_DUPFD_CLOEXEC, 0);
	return work->first.pidfd < 0 ? err_errno(err, errno, "hold the container's first process") : 0;
}

static int open_inside(struct session_work *work, struct err *err)
{
	int proc = work->meant.target.proc;
	int rc = open_first(work, err);

	if (rc < 0)
		return rc;
	if (work->plan.stays)
		return target_check(&work->meant.target, err);
	work->root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (work->root < 0)
		return err_errno(err, errno, "open the container's root directory");
	/* A deleted one may fail: then it is the root. */
	work->directory = openat(proc, "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return target_check(&work->meant.target, err);
}

/*
 * A terminal and pipes of ours become the command's user's, who can open /dev/tty and /dev/stdout then. Those of the caller's
 * stay whose they are.
 */
static int give_files(struct session_work *work, struct err *err)
{
	struct relay *relay = &work->relay;
	int rc = 0;

	if (work->plan.terminal)
		rc = surroundings_give(&work->surroundings, &work->meant, relay->pty.slave, err);
	for (int i = 0; rc == 0 && work->surroundings.user.uid != 0 && i < 3; i++)
		if (relay->ours[i] >= 0)
			rc = surroundings_give(&work->surroundings, &work->meant, relay->stdio[i], err);
	return rc;
}

/* COVER: as in struct enter. */
static int send_in(struct session_work *work, int cover, struct err *err)
{
	struct enter enter = {
		.target = &work->meant.target,
		.namespaces = work->plan.namespaces,
		.stays = work->plan.stays,
		.root = work->root,
		.directory = work->directory,
		.workdir = work->context->options.workdir,
		.tools = work->view.identity,
		.identity = surroundings_identity(&work->surroundings),
		.lsm = &work->surroundings.privileges.lsm,
		.copy_mounts = work->plan.copy_mounts,
		.follow = work->plan.own_tools != NULL || work->context->options.private,
		.cover = cover,
		.own_dev = work->own_dev,
		.mark = work->slack,
		.stdio = {work->relay.stdio[0], work->relay.stdio[1], work->relay.stdio[2]},
		.terminal = work->plan.terminal,
		.interrupt = work->relay.signals,
		.path = work->plan.path,
		.arguments = work->plan.arguments,
		.environment = work->surroundings.environment.list,
	};

	return enter_start(&enter, &work->entered, err);
}

int session_enter(struct session_work *work, int cover, struct err *err)
{
	int rc = open_inside(work, err);

	if (rc == 0)
		rc = relay_open(work->plan.terminal, &work->relay, err);
	if (rc == 0)
		rc = give_files(work, err);
	if (rc < 0)
		return rc;
	session_choose_mark(work);
	rc = send_in(work, cover, err);
	if (rc < 0)
		return rc;
	relay_started(&work->relay);
	/* While that process is on its way: what else has to be done before the command runs. */
	session_audit(work);
	rc = guardian_start(work, err);
	if (rc == 0)
		rc = enter_await(&work->entered, err);
	if (rc < 0)
		audit(work->meant.container, "did not run it: %s", err->text);
	/* Recorded first: so what is made then is found and removed, whenever we are killed. */
	if (rc == 0)
		rc = session_record(work, err);
	return rc == 0 ? surroundings_join(&work->surroundings, work->entered.pid, err) : rc;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void complain_of_command(
	const struct session_work *work, enum enter_failure failure, const struct err *err)
{
	const struct options *options = &work->context->options;
	const char *command = *options->command;
	bool could_pack = failure == ENTER_NOT_FOUND && !work->plan.stays && !options->pack && command &&
			  !strchr(command, '/');

	complain(work->plan.container, "%s%s", err->text, could_pack ? "; --pack brings the host's" : "");
}

static int run_and_wait(struct session_work *work)
{
	static const int statuses[] = {
		[ENTER_FAILED] = EXIT_OURS,
		[ENTER_NOT_FOUND] = EXIT_NOT_FOUND,
		[ENTER_NOT_RUN] = EXIT_NOT_RUN,
	};
	enum enter_failure failure;
	struct err err = {0};
	int status = 0;

	if (enter_run(&work->entered, &err) < 0) {
		(void)waitpid(work->entered.pid, NULL, 0);
		return complain_err(work->plan.container, &err);
	}
	if (relay_run(&work->relay, &work->entered, work->first.pidfd, &status, &err) < 0)
		return complain_err(work->plan.container, &err);
	if (enter_result(&work->entered, &failure, &err) < 0) {
		complain_of_command(work, failure, &err);
		return statuses[failure];
	}
	return exit_status(status);
}

void session_let_go(struct session_work *work)
{
	enter_close(&work->entered);
	attach_view_close(&work->view);
	close_keep_errno(&work->root);
	close_keep_errno(&work->directory);
}

/* For --rm. What holds the tools of ours is closed. An error of ours counts where the command had none. */
static int detach_after(struct session_work *work, int status)
{
	int detached;

	if (!work->context->options.remove || work->plan.own_tools)
		return status;
	detached = detach_unused(work->context, &work->meant);
	return status ? status : detached;
}

/* The session is over. What is left of it is --gc's to find by the file, which stays then. */
static void leave(struct session_work *work)
{
	struct err err = {0};

	if (!work->entered.pid)
		return;
	if (surroundings_leave(&work->surroundings, &err) < 0)
		complain_err(work->meant.word, &err);
	else if (work->context->has_store)
		session_remove(&work->context->store, work->entered.pid);
}

static bool will_remove(const struct session_work *work)
{
	const struct options *options = &work->context->options;

	return options->remove && !options->private && !options_stay(options) && !work->packed.count;
}

static int promise_removal(struct session_work *work, struct err *err)
{
	int rc = target_open(getpid(), 0, &work->self, err);

	if (rc < 0 || !will_remove(work))
		return rc;
	return session_promise(&work->context->store, work->meant.container->record.id, &work->self, err);
}

int session_end(struct session_work *work, int status)
{
	session_let_go(work); /* while it is recorded: so whoever waits for the tools knows for whom */
	leave(work);
	guardian_end(work); /* it may hold the tools; from here on --gc would find what we have promised */
	status = detach_after(work, status);
	if (will_remove(work))
		session_keep_promise(&work->context->store, work->self.pid);
	return status;
}

static int run_in(struct session_work *work)
{
	struct context *context = work->context;
	struct err err = {0};
	int rc = 0, status;

	/* Where nothing is attached or made, nothing has to be kept either. */
	if (!options_stay(&context->options) || context->options.cgroup == CGROUP_OWN)
		rc = context_need_store(context, &err);
	if (rc == 0 && context->has_store)
		rc = store_lock(&context->store, work->meant.container->record.id, &err);
	if (rc == 0)
		rc = promise_removal(work, &err);
	if (rc == 0)
		rc = session_start(work, &err);
	store_unlock(&context->store);
	status = rc < 0 ? complain_err(work->meant.word, &err) : run_and_wait(work);
	return session_end(work, status);
}

/* Before any lock: to pack may take seconds. Returns 0, or an exit status after a message. */
static int pack_if_needed(struct session_work *work)
{
	struct context *context = work->context;
	cleanup_tools struct tools base = TOOLS_NONE;
	struct err err = {0};
	bool needed = false;

	if (!context->options.pack)
		return 0;
	if (pack_is_needed(context, &work->meant, &needed, &work->own_dev, &base, &err) < 0)
		return complain_err(work->meant.word, &err);
	return needed ? pack_command(context, work->meant.word, &base, &work->packed) : 0;
}

/* Whoever asked for what the container has, and does not get it, has to know. */
static void tell_missing(const struct session_work *work)
{
	const char *reason = work->surroundings.privileges.no_filter;

	if (*reason && !work->context->options.quiet)
		complain(work->meant.word,
			"without the container's seccomp filter, which the profile same has: %s", reason);
}

/* What can be wrong in what was asked for is found before anything is packed, attached or locked. */
static int run_or_explain(struct session_work *work)
{
	struct err err = {0};
	int status;

	if (surroundings_make(work->context, &work->meant, &work->surroundings, &err) < 0)
		return complain_err(work->meant.word, &err);
	status = pack_if_needed(work);
	if (status != 0)
		return status;
	if (work->context->options.dry_run)
		return dry_run(work);
	tell_missing(work);
	return run_in(work);
}

static void start_work(struct session_work *work, struct context *context)
{
	work->context = context;
	work->meant = MEANT_NONE;
	work->view = ATTACH_VIEW_NONE;
	work->root = work->directory = FD_NONE;
	work->relay = RELAY_NONE;
	work->entered = ENTERED_NONE;
	work->self = work->first = TARGET_NONE;
	work->packed = PACKED_NONE;
}

int verb_run(struct context *context)
{
	/* Not on the stack: most of its 40 KiB are room for what is seldom there, and so is never touched. */
	static struct session_work work;
	const char *word = context->options.containers[0];
	struct err err = {0};
	int status;

	start_work(&work, context);
	if (resolve(context, word, &work.meant, &err) < 0)
		status = complain_err(word, &err);
	else
		status = run_or_explain(&work);
	relay_close(&work.relay);
	close_keep_errno(&work.root);
	close_keep_errno(&work.directory);
	attach_view_close(&work.view);
	target_close(&work.self);
	target_close(&work.first);
	packed_close(&work.packed);
	surroundings_free(&work.surroundings);
	meant_close(&work.meant);
	return status;
}
