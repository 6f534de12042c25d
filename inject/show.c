/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --status, and what it has in common with --list: lines for people, JSON for programs. */
#include "show.h"

#include "json.h"
#include "ordinary.h"
#include "session.h"
#include "shares.h"

#include <stdio.h>
#include <string.h>

static void look(
	const struct context *context, const struct known *container, char owner[64], struct view *ret)
{
	cleanup_target struct target target = TARGET_NONE;
	const struct record *record = &container->record;

	*ret = (struct view){.container = container, .owner = ordinary_owner(container, owner)};
	ret->looked = target_open(record->pid, record->start_time, &target, ERR_IGNORED) == 0 &&
		      attach_look(&context->store, record, &target, &ret->status, ERR_IGNORED) == 0;
	ret->provisioned = ret->looked && !ret->status.unprovisioned;
	ret->moved = ret->looked && ret->status.moved;
	ret->attached = ret->moved || (ret->looked && ret->status.attached);
}

const char *view_provisioned(const struct view *view)
{
	return view->provisioned ? "propagation" : "none";
}

static const char *delivery(const struct view *view)
{
	if (!view->attached)
		return NULL;
	return view->moved ? "move" : "propagation";
}

const char *view_tools(const struct view *view)
{
	return view->attached ? view->container->record.tools : NULL;
}

void view_write_session(const struct session *session, void *writer)
{
	json_write_object(writer, NULL);
	json_write_number(writer, "pid", session->pid);
	json_write_string(writer, "user", session->user);
	json_write_string(writer, "command", session->command);
	json_write_string(writer, "since", session->since);
	json_write_end(writer);
}

void view_begin(const struct view *view, struct json_writer *writer)
{
	const struct record *record = &view->container->record;
	const struct pod *pod = view->container->pod;

	json_write_object(writer, NULL);
	json_write_string(writer, "id", record->id);
	json_write_string(writer, "name", view->container->name);
	json_write_string(writer, "pod", pod ? pod->name : NULL);
	json_write_string(writer, "namespace", pod ? pod->namespace : NULL);
	json_write_string(writer, "container", pod ? pod->container : NULL);
	json_write_string(writer, "engine", record->engine);
	json_write_string(writer, "owner", view->owner);
	json_write_number(writer, "pid", record->pid);
	json_write_bool(writer, "running", view->container->alive);
	json_write_string(writer, "provisioned", view_provisioned(view));
	json_write_bool(writer, "attached", view->attached);
	json_write_string(writer, "delivery", delivery(view));
	json_write_string(writer, "tools", view_tools(view));
	json_write_array(writer, "sessions");
}

static void write_view(const struct context *context, const struct view *view, const struct shares *shares,
	struct json_writer *writer)
{
	view_begin(view, writer);
	session_each(&context->store, view->container->record.id, view_write_session, writer);
	json_write_end(writer);
	shares_write(writer, shares);
	json_write_object(writer, "proof");
	json_write_number(writer, "host_peer_group", view->status.host_group);
	json_write_number(writer, "container_master", view->status.master);
	json_write_bool(writer, "ok", view->provisioned);
	json_write_end(writer);
	json_write_end(writer);
}

int view_print_json(struct json_writer *writer)
{
	cleanup_free char *text = NULL;
	struct err err = {0};

	if (json_writer_finish(writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	fputs(text, stdout);
	return 0;
}

const char *view_name(const struct known *container, char *ret, size_t size)
{
	char text[FULL_NAME_SIZE];
	const char *name = full_name(container, text);

	return util_escape(ret, size, name ? name : "-");
}

static void print_session(const struct session *session, void *unused)
{
	char command[512], user[128];

	(void)unused;
	printf("session:      pid %d, %s, since %s: %s\n", session->pid,
		util_escape(user, sizeof(user), session->user ? session->user : "?"),
		session->since ? session->since : "?",
		util_escape(command, sizeof(command), session->command ? session->command : "?"));
}

static void print_status(const struct context *context, const struct view *view, const struct shares *shares)
{
	const struct record *record = &view->container->record;
	const struct attach_status *status = &view->status;
	char text[512];

	printf("id:           %s\n", record->id);
	printf("name:         %s\n", view_name(view->container, text, sizeof(text)));
	printf("engine:       %s\n", util_escape(text, sizeof(text), record->engine));
	if (view->owner)
		printf("owner:        %s\n", view->owner);
	printf("pid:          %d\n", record->pid);
	printf("provisioned:  %s%s%s\n", view_provisioned(view), status->unprovisioned ? ": " : "",
		status->unprovisioned ? status->unprovisioned : "");
	printf("proof:        the host's mount is shared:%u, the container's is master:%u\n",
		status->host_group, status->master);
	printf("attached:     %s%s\n", view->attached ? "yes" : "no",
		status->moved ? ", by a mount moved into the container" : "");
	printf("tools:        %s\n",
		view_tools(view) ? util_escape(text, sizeof(text), view_tools(view)) : "-");
	shares_print(shares, 14);
	session_each(&context->store, record->id, print_session, NULL);
}

int verb_status(struct context *context)
{
	cleanup_meant struct meant meant = MEANT_NONE;
	cleanup_shares struct shares shares = SHARES_NONE;
	const char *word = context->options.containers[0];
	struct json_writer *writer;
	struct err err = {0};
	struct view view;
	char owner[64];

	if (resolve(context, word, &meant, &err) < 0)
		return complain_err(word, &err);
	look(context, meant.container, owner, &view);
	shares_find(context, &meant.target, meant.container->record.id, &shares);
	if (!context->options.json) {
		print_status(context, &view, &shares);
		return 0;
	}
	writer = json_writer_new(true);
	write_view(context, &view, &shares, writer);
	return view_print_json(writer);
}
