/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --list and --status: as a table or lines for people, as JSON for programs. */
#include "attach.h"
#include "inject.h"
#include "ordinary.h"
#include "session.h"
#include "shares.h"

#include <stdio.h>
#include <string.h>

/* One container as it is shown. */
struct view {
	const struct known *container;
	struct attach_status status;
	bool looked; /* STATUS holds */
};

static void look(const struct context *context, const struct known *container, struct view *ret)
{
	cleanup_target struct target target = TARGET_NONE;
	const struct record *record = &container->record;

	*ret = (struct view){.container = container};
	ret->looked = target_open(record->pid, record->start_time, &target, ERR_IGNORED) == 0 &&
		      attach_look(&context->store, record, &target, &ret->status, ERR_IGNORED) == 0;
}

static const char *provisioned(const struct view *view)
{
	return view->looked && !view->status.unprovisioned ? "propagation" : "none";
}

static bool attached(const struct view *view)
{
	return view->looked && (view->status.attached || view->status.moved);
}

static const char *delivery(const struct view *view)
{
	if (!attached(view))
		return NULL;
	return view->status.moved ? "move" : "propagation";
}

static const char *tools(const struct view *view)
{
	return attached(view) ? view->container->record.tools : NULL;
}

static void write_session(const struct session *session, void *writer)
{
	json_write_object(writer, NULL);
	json_write_number(writer, "pid", session->pid);
	json_write_string(writer, "user", session->user);
	json_write_string(writer, "command", session->command);
	json_write_string(writer, "since", session->since);
	json_write_end(writer);
}

/* SHARES: of --status; null: not looked for, as for --list. */
static void write_view(const struct context *context, const struct view *view, const struct shares *shares,
	struct json_writer *writer)
{
	const struct record *record = &view->container->record;
	const struct pod *pod = view->container->pod;
	char owner[64];

	json_write_object(writer, NULL);
	json_write_string(writer, "id", record->id);
	json_write_string(writer, "name", view->container->name);
	json_write_string(writer, "pod", pod ? pod->name : NULL);
	json_write_string(writer, "namespace", pod ? pod->namespace : NULL);
	json_write_string(writer, "container", pod ? pod->container : NULL);
	json_write_string(writer, "engine", record->engine);
	json_write_string(writer, "owner", ordinary_owner(view->container, owner));
	json_write_number(writer, "pid", record->pid);
	json_write_bool(writer, "running", view->container->alive);
	json_write_string(writer, "provisioned", provisioned(view));
	json_write_bool(writer, "attached", attached(view));
	json_write_string(writer, "delivery", delivery(view));
	json_write_string(writer, "tools", tools(view));
	json_write_array(writer, "sessions");
	session_each(&context->store, record->id, write_session, writer);
	json_write_end(writer);
	if (shares) {
		shares_write(writer, shares);
		json_write_object(writer, "proof");
		json_write_number(writer, "host_peer_group", view->status.host_group);
		json_write_number(writer, "container_master", view->status.master);
		json_write_bool(writer, "ok", view->looked && !view->status.unprovisioned);
		json_write_end(writer);
	}
	json_write_end(writer);
}

static int print_json(struct json_writer *writer)
{
	cleanup_free char *text = NULL;
	struct err err = {0};

	if (json_writer_finish(writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	fputs(text, stdout);
	return 0;
}

static void count_session(const struct session *session, void *count)
{
	(void)session;
	(*(int *)count)++;
}

static const char *escaped_name(const struct known *container, char *ret, size_t size)
{
	char text[FULL_NAME_SIZE];
	const char *name = full_name(container, text);

	return util_escape(ret, size, name ? name : "-");
}

static void print_row(const struct context *context, const struct view *view)
{
	const struct known *container = view->container;
	char name[256], tree[512], id[16], pid[16] = "-", owner[64];
	const char *user = ordinary_owner(container, owner);
	int sessions = 0;

	session_each(&context->store, container->record.id, count_session, &sessions);
	if (container->alive)
		snprintf(pid, sizeof(pid), "%d", container->record.pid);
	printf("%-12s  %-24s  %-10s  %-8s  %8s  %-11s  %-8s  %8d  %s\n", shown_id(container->record.id, id),
		escaped_name(container, name, sizeof(name)), container->record.engine, user ? user : "-", pid,
		container->alive ? provisioned(view) : "ended", attached(view) ? "yes" : "no", sessions,
		tools(view) ? util_escape(tree, sizeof(tree), tools(view)) : "-");
}

int verb_list(struct context *context)
{
	cleanup_known struct known_list known = KNOWN_NONE;
	struct json_writer *writer = NULL;
	struct err err = {0};

	if (collect_all(context, &known, &err) < 0)
		return complain_err(NULL, &err);
	if (context->options.json) {
		writer = json_writer_new(true);
		json_write_array(writer, NULL);
	} else {
		printf("%-12s  %-24s  %-10s  %-8s  %8s  %-11s  %-8s  %8s  %s\n", "ID", "NAME", "ENGINE",
			"OWNER", "PID", "PROVISIONED", "ATTACHED", "SESSIONS", "TOOLS");
	}
	for (size_t i = 0; i < known.count; i++) {
		struct view view;

		look(context, &known.list[i], &view);
		if (context->options.json)
			write_view(context, &view, NULL, writer);
		else
			print_row(context, &view);
	}
	if (!context->options.json)
		return 0;
	json_write_end(writer);
	return print_json(writer);
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
	printf("name:         %s\n", escaped_name(view->container, text, sizeof(text)));
	printf("engine:       %s\n", util_escape(text, sizeof(text), record->engine));
	if (ordinary_owner(view->container, text))
		printf("owner:        %s\n", text);
	printf("pid:          %d\n", record->pid);
	printf("provisioned:  %s%s%s\n", provisioned(view), status->unprovisioned ? ": " : "",
		status->unprovisioned ? status->unprovisioned : "");
	printf("proof:        the host's mount is shared:%u, the container's is master:%u\n",
		status->host_group, status->master);
	printf("attached:     %s%s\n", attached(view) ? "yes" : "no",
		status->moved ? ", by a mount moved into the container" : "");
	printf("tools:        %s\n", tools(view) ? util_escape(text, sizeof(text), tools(view)) : "-");
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

	if (resolve(context, word, &meant, &err) < 0)
		return complain_err(word, &err);
	look(context, meant.container, &view);
	shares_find(context, &meant.target, meant.container->record.id, &shares);
	if (!context->options.json) {
		print_status(context, &view, &shares);
		return 0;
	}
	writer = json_writer_new(true);
	write_view(context, &view, &shares, writer);
	return print_json(writer);
}
