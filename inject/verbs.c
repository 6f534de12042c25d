/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --attach, --detach and --gc. Of several containers, one that fails does not stop the others. */
#include "attach.h"
#include "audit.h"
#include "bounds.h"
#include "created.h"
#include "inject.h"
#include "session.h"
#include "users.h"

#include <string.h>

static int attach_one(struct context *context, struct meant *meant)
{
	cleanup_attach_view struct attach_view view = ATTACH_VIEW_NONE;
	const struct options *options = &context->options;
	const struct record *record = &meant->container->record;
	char buffer[16];
	const char *name = shown_name(meant->container, buffer);
	struct err err = {0};
	int rc;

	if (options->dry_run) {
		say(options, name, "would attach %s at /dev/crashcart", context->tools);
		return 0;
	}
	rc = context_need_store(context, &err);
	if (rc == 0)
		rc = store_lock(&context->store, record->id, &err);
	if (rc < 0)
		return complain_err(name, &err);
	rc = attach_tools(
		&context->store, record, &meant->target, context->tools, options->tools != NULL, &view, &err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_OURS); /* in the container's mount namespace: nothing may be opened any more */
	store_unlock(&context->store);
	if (rc == -EOPNOTSUPP)
		return complain(name, "%s; with --private a command has them for itself", err.text);
	if (rc < 0)
		return complain_err(name, &err);
	if (!view.were_there)
		audit(meant->container, "attached %s", view.tools);
	say(options, name, view.were_there ? "%s is attached already%s" : "attached %s%s",
		view.tools ? view.tools : "a tree",
		view.moved ? ", by a mount moved into the container" : "");
	return 0;
}

int verb_attach(struct context *context)
{
	int status = 0;

	for (int i = 0; i < context->options.container_count; i++) {
		cleanup_meant struct meant meant = MEANT_NONE;
		struct err err = {0};

		if (resolve(context, context->options.containers[i], &meant, &err) < 0)
			status = complain_err(context->options.containers[i], &err);
		else if (attach_one(context, &meant) != 0)
			status = EXIT_OURS;
	}
	return status;
}

static void name_users(const char *name, const struct users *users)
{
	for (size_t i = 0; i < users->count; i++)
		complain(name, "in use by pid %d (%s)", users->list[i].pid, users->list[i].name);
	if (!users->count)
		complain(name, "in use, by a process that could not be told: it has only mapped a file of "
			       "the tools");
	complain(name, "not detached: end these processes first, or use --force (ends them) or --lazy "
		       "(leaves them running)");
}

static bool has_first_process(const struct users *users, const struct record *record)
{
	for (size_t i = 0; i < users->count; i++)
		if (users->list[i].pid == record->pid)
			return true;
	return false;
}

/* Ends whoever uses the tools: some rounds, since a process that ends may have made another. */
static int end_users(struct context *context, struct meant *meant, const struct attach_status *status,
	const char *name, struct err *err)
{
	for (int round = 0; round < DETACH_ROUND_LIMIT; round++) {
		cleanup_users struct users users = USERS_NONE;
		int rc = users_find(&meant->target, status, &users, err);

		if (rc == 0)
			rc = users_add_callers(&users, &context->store, meant->container->record.id, err);
		if (rc < 0 || !users.count)
			return rc;
		if (has_first_process(&users, &meant->container->record))
			return err_set(err, EDEADLK,
				"the container's first process uses the tools itself, to end it would end "
				"the "
				"container: use --lazy");
		for (size_t i = 0; i < users.count; i++)
			say(&context->options, name, "ending pid %d (%s)", users.list[i].pid,
				users.list[i].name);
		rc = users_end(&users, DETACH_END_SECONDS, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* SURE: they are in use, whether or not it can be told by whom. Returns 0 if they are not. */
static int refuse(struct meant *meant, const struct attach_status *status, bool sure, const char *name)
{
	cleanup_users struct users users = USERS_NONE;
	struct err err = {0};

	if (users_find(&meant->target, status, &users, &err) < 0)
		complain_err(name, &err);
	if (!sure && !users.count)
		return 0;
	name_users(name, &users);
	return EXIT_REFUSED;
}

/* With the lock held. */
static int detach_locked(struct context *context, struct meant *meant, const char *name, bool *ret_detached)
{
	const struct record *record = &meant->container->record;
	const struct options *options = &context->options;
	struct attach_status status;
	struct err err = {0};
	int rc = attach_look(&context->store, record, &meant->target, &status, &err);

	if (rc < 0)
		return complain_err(name, &err);
	*ret_detached = status.attached || status.severed;
	/* Else the container, or a kill, was before us, and the record alone is left, or our directory. */
	if (!*ret_detached && !record->moved_device)
		return 0;
	if (options->force && end_users(context, meant, &status, name, &err) < 0)
		return complain_err(name, &err);
	/* The kernel refuses to unmount what is in use, but knows nothing of copies that are tied to nothing. */
	if (status.severed && !options->force && !options->lazy && refuse(meant, &status, false, name) != 0)
		return EXIT_REFUSED;
	rc = attach_remove(&context->store, record, &meant->target, &status, options->lazy, &err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_OURS); /* in the container's mount namespace: nothing may be opened any more */
	if (rc == -EBUSY)
		return refuse(meant, &status, true, name);
	if (rc < 0)
		return complain_err(name, &err);
	audit(meant->container, "detached the tools");
	return 0;
}

static int detach_one(struct context *context, struct meant *meant, bool all)
{
	bool detached = false;
	char buffer[16];
	const char *name = shown_name(meant->container, buffer);
	struct err err = {0};
	int status;

	if (context->options.dry_run) {
		say(&context->options, name, "would detach the tools");
		return 0;
	}
	if (meant->container->foreign) { /* nothing was ever brought to it */
		if (!all)
			say(&context->options, name, "not attached");
		return 0;
	}
	if (store_lock(&context->store, meant->container->record.id, &err) < 0)
		return complain_err(name, &err);
	status = detach_locked(context, meant, name, &detached);
	store_unlock(&context->store);
	if (status == 0 && (detached || !all))
		say(&context->options, name, detached ? "detached" : "not attached");
	return status;
}

static void see_session(const struct session *session, void *found)
{
	(void)session;
	*(bool *)found = true;
}

static bool has_users(const struct meant *meant, const struct attach_status *status)
{
	cleanup_users struct users users = USERS_NONE;

	return users_find(&meant->target, status, &users, ERR_IGNORED) < 0 || users.count;
}

/* With the lock held. */
static int detach_if_unused(struct context *context, struct meant *meant, struct err *err)
{
	const struct record *record = &meant->container->record;
	struct attach_status status;
	bool others = false;
	int rc = attach_look(&context->store, record, &meant->target, &status, err);

	session_each(&context->store, record->id, see_session, &others);
	if (rc < 0 || others || !(status.attached || status.severed))
		return rc < 0 ? rc : -EBUSY;
	/* The kernel knows who uses what follows the host's, but not who uses what was moved, or cut off. */
	if (status.severed && has_users(meant, &status))
		return -EBUSY;
	rc = attach_remove(&context->store, record, &meant->target, &status, false, err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_OURS); /* as above */
	return rc;
}

int detach_unused(struct context *context, struct meant *meant)
{
	const struct record *record = &meant->container->record;
	struct err err = {0};
	char buffer[16];
	const char *name = shown_name(meant->container, buffer);
	int rc = store_lock(&context->store, record->id, &err);

	if (rc == 0)
		rc = detach_if_unused(context, meant, &err);
	store_unlock(&context->store);
	if (rc < 0 && rc != -EBUSY && !created_is_gone(record))
		return complain_err(name, &err);
	if (rc == 0)
		audit(meant->container, "detached the tools");
	tell_more(&context->options, name,
		rc == 0 ? "detached" : "not detached: others use the tools, or nothing is attached");
	return 0;
}

/* What was refused is less than what has failed. */
static int worse(int one, int other)
{
	return one == EXIT_OURS || other == 0 ? one : other;
}

static bool is_attached(const struct context *context, const struct record *record)
{
	cleanup_fd int master = FD_NONE;
	bool attached = false;

	if (record->moved_device)
		return true;
	return store_master(&context->store, record->id, false, &master, &attached, ERR_IGNORED) == 0 &&
	       attached;
}

static int detach_all(struct context *context)
{
	cleanup_known struct known_list known = KNOWN_NONE;
	struct err err = {0};
	int status = 0;

	if (!context->has_store)
		return 0;
	if (collect_known(&context->store, &known, &err) < 0)
		return complain_err(NULL, &err);
	for (size_t i = 0; i < known.count; i++) {
		cleanup_meant struct meant meant = MEANT_NONE;

		if (is_attached(context, &known.list[i].record) &&
			resolve(context, known.list[i].record.id, &meant, ERR_IGNORED) == 0)
			status = worse(status, detach_one(context, &meant, true));
	}
	return status;
}

int verb_detach(struct context *context)
{
	int status = 0;

	if (context->options.container_count == 0)
		return detach_all(context);
	for (int i = 0; i < context->options.container_count; i++) {
		cleanup_meant struct meant meant = MEANT_NONE;
		struct err err = {0};

		if (resolve(context, context->options.containers[i], &meant, &err) < 0)
			status = complain_err(context->options.containers[i], &err);
		else
			status = worse(status, detach_one(context, &meant, false));
	}
	return status;
}

static void say_removed(const char *id, void *options)
{
	say(options, id, "removed what it left");
}

static int show_garbage(struct context *context)
{
	cleanup_known struct known_list known = KNOWN_NONE;
	struct err err = {0};

	if (collect_known(&context->store, &known, &err) < 0)
		return complain_err(NULL, &err);
	for (size_t i = 0; i < known.count; i++)
		if (!known.list[i].alive)
			say(&context->options, known.list[i].record.id, "would remove what it left");
	return 0;
}

/* A dbg-inject with --rm was killed, and its guardian too. */
static bool detach_promised(const char *id, void *pointer)
{
	struct context *context = pointer;
	cleanup_meant struct meant meant = MEANT_NONE;
	bool others = false;

	if (resolve(context, id, &meant, ERR_IGNORED) < 0 || !is_attached(context, &meant.container->record))
		return true;
	session_each(&context->store, id, see_session, &others);
	if (others)
		return true;
	(void)detach_unused(context, &meant);
	/* What was on its way in may be on its way out still. */
	return !is_attached(context, &meant.container->record);
}

int verb_gc(struct context *context)
{
	struct err err = {0};
	int failed;

	if (!context->has_store)
		return 0;
	if (context->options.dry_run)
		return show_garbage(context);
	failed = collect_garbage(&context->store, say_removed, &context->options, &err);
	session_each_broken(&context->store, detach_promised, context);
	return failed ? complain(NULL, "%d could not be removed: %s", failed, err.text) : 0;
}
