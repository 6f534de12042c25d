/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --list: one look at what all containers have in common, and as little as can be at each. */
#include "json.h"
#include "ordinary.h"
#include "session.h"
#include "show.h"
#include "standing.h"

#include <stdio.h>
#include <string.h>

enum { OUTPUT_SIZE = 64 << 10 };

/* All that live, by their container. */
struct sessions {
	struct session *list; /* the texts are its own */
	size_t count, room;
};

static void release(struct session *session)
{
	free((char *)session->container);
	free((char *)session->user);
	free((char *)session->command);
	free((char *)session->since);
}

static void sessions_free(struct sessions *sessions)
{
	for (size_t i = 0; i < sessions->count; i++)
		release(&sessions->list[i]);
	free(sessions->list);
}
#define cleanup_sessions __attribute__((cleanup(sessions_free)))

static bool make_room(struct sessions *sessions)
{
	size_t room = sessions->room ? 2 * sessions->room : 16;
	struct session *longer;

	if (sessions->count < sessions->room)
		return true;
	longer = realloc(sessions->list, room * sizeof(*longer));
	if (!longer)
		return false;
	sessions->list = longer;
	sessions->room = room;
	return true;
}

static const char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void add_session(const struct session *session, void *context)
{
	struct sessions *sessions = context;
	struct session *mine;

	if (!make_room(sessions))
		return;
	mine = &sessions->list[sessions->count];
	*mine = (struct session){
		.container = copy(session->container),
		.pid = session->pid,
		.user = copy(session->user),
		.command = copy(session->command),
		.since = copy(session->since),
	};
	if (mine->container)
		sessions->count++;
	else
		release(mine);
}

static int by_container(const void *one, const void *other)
{
	const struct session *first = one, *second = other;
	int order = strcmp(first->container, second->container);

	return order ? order : (first->pid > second->pid) - (first->pid < second->pid);
}

/* Those of container ID, in the list from *RET on; returns how many. */
static size_t find_sessions(const struct sessions *sessions, const char *id, const struct session **ret)
{
	size_t first = 0, end = sessions->count, count = 0;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (strcmp(sessions->list[middle].container, id) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	*ret = sessions->list + first;
	while (first + count < sessions->count && strcmp((*ret)[count].container, id) == 0)
		count++;
	return count;
}

static void print_head(void)
{
	printf("%-12s  %-24s  %-10s  %-8s  %8s  %-11s  %-8s  %8s  %s\n", "ID", "NAME", "ENGINE", "OWNER",
		"PID", "PROVISIONED", "ATTACHED", "SESSIONS", "TOOLS");
}

static void print_row(const struct view *view, size_t sessions)
{
	const struct known *container = view->container;
	char name[256], tree[512], id[16], pid[16] = "-";
	const char *tools = view_tools(view);

	if (container->alive)
		snprintf(pid, sizeof(pid), "%d", container->record.pid);
	printf("%-12s  %-24s  %-10s  %-8s  %8s  %-11s  %-8s  %8zu  %s\n", shown_id(container->record.id, id),
		view_name(container, name, sizeof(name)), container->record.engine,
		view->owner ? view->owner : "-", pid, container->alive ? view_provisioned(view) : "ended",
		view->attached ? "yes" : "no", sessions,
		tools ? util_escape(tree, sizeof(tree), tools) : "-");
}

static void write_element(
	const struct view *view, const struct session *sessions, size_t count, struct json_writer *writer)
{
	view_begin(view, writer);
	for (size_t i = 0; i < count; i++)
		view_write_session(&sessions[i], writer);
	json_write_end(writer);
	json_write_end(writer);
}

/* HOST: null where there is no state directory. A record that the hook has written is of no user's container but the caller's. */
static void look(struct standing_host *host, const struct known *container, char owner[64], struct view *ret)
{
	struct standing standing = {0};

	*ret = (struct view){.container = container};
	if (host && container->alive)
		(void)standing_look(host, &container->record, &standing);
	ret->provisioned = standing.provisioned;
	ret->attached = standing.attached || standing.moved;
	ret->moved = standing.moved;
	if (container->record.foreign)
		ret->owner = ordinary_owner(container, owner);
}

/* WRITER: null for a table. */
static void show_all(
	const struct context *context, const struct known_list *known, struct json_writer *writer)
{
	cleanup_standing_host struct standing_host host = STANDING_HOST_NONE;
	cleanup_sessions struct sessions sessions = {0};
	bool has_host = context->has_store && standing_open(&context->store, &host, ERR_IGNORED) == 0;

	session_each(&context->store, NULL, add_session, &sessions);
	if (sessions.count)
		qsort(sessions.list, sessions.count, sizeof(*sessions.list), by_container);
	for (size_t i = 0; i < known->count; i++) {
		const struct session *own;
		size_t count = find_sessions(&sessions, known->list[i].record.id, &own);
		char owner[64];
		struct view view;

		look(has_host ? &host : NULL, &known->list[i], owner, &view);
		if (writer)
			write_element(&view, own, count, writer);
		else
			print_row(&view, count);
	}
}

int verb_list(struct context *context)
{
	static char output[OUTPUT_SIZE]; /* until the process ends */
	cleanup_known struct known_list known = KNOWN_NONE;
	struct json_writer *writer = NULL;
	struct err err = {0};

	if (collect_all(context, &known, &err) < 0)
		return complain_err(NULL, &err);
	(void)setvbuf(stdout, output, _IOFBF, sizeof(output));
	if (context->options.json) {
		writer = json_writer_new(true);
		json_write_array(writer, NULL);
	} else {
		print_head();
	}
	show_all(context, &known, writer);
	if (!context->options.json)
		return 0;
	json_write_end(writer);
	return view_print_json(writer);
}
