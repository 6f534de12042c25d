/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --verify: is a container as it was when it was provisioned? Of several, one that cannot be looked at does not stop the others. */
#include "inject.h"
#include "traces.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *key;
} kinds[TRACE_KINDS] = {
	[TRACE_MOUNT] = {"mounts", "mounts"},
	[TRACE_ENTRY] = {"/dev", "dev"},
	[TRACE_PROCESS] = {"processes", "processes"},
	[TRACE_GROUP] = {"control groups", "control_groups"},
};

static const char *const owners[] = {
	[TRACE_THEIRS] = "not ours", [TRACE_OURS] = "ours", [TRACE_UNKNOWN] = "perhaps ours"};

static size_t count_of(const struct traces *traces, int kind)
{
	size_t count = 0;

	for (size_t i = 0; i < traces->count; i++)
		count += (int)traces->list[i].kind == kind;
	return count;
}

static size_t count_ours(const struct traces *traces)
{
	size_t count = 0;

	for (size_t i = 0; i < traces->count; i++)
		count += traces->list[i].owner != TRACE_THEIRS;
	return count;
}

/* Nothing differs: what was looked for. */
static const char *same(const struct traces *traces, int kind)
{
	if (!traces->looked[kind])
		return "cannot be looked at";
	if (traces->compared[kind])
		return "same";
	return traces->has_baseline ? "none of ours; the baseline does not tell more" : "none of ours";
}

static void print_kind(const struct context *context, const char *name, const struct traces *traces, int kind)
{
	const struct options *options = &context->options;
	char safe[256];

	if (!count_of(traces, kind))
		say(options, name, "%s: %s", kinds[kind].name, same(traces, kind));
	for (size_t i = 0; !options->quiet && i < traces->count; i++)
		if ((int)traces->list[i].kind == kind)
			printf("%s: %s: %s: %s\n", util_escape(safe, sizeof(safe), name), kinds[kind].name,
				owners[traces->list[i].owner], traces->list[i].text); /* is escaped */
}

/* How far "clean" reaches. */
static const char *limits_of(const struct traces *traces)
{
	if (!traces->has_baseline)
		return ", as far as can be told without a baseline";
	for (int kind = 0; kind < TRACE_KINDS; kind++)
		if (!traces->compared[kind])
			return ", as far as could be compared";
	return "";
}

static void print(const struct context *context, const char *name, const struct traces *traces)
{
	const struct options *options = &context->options;
	size_t ours = count_ours(traces);

	if (!traces->has_baseline)
		say(options, name, "baseline: none, since %s", traces->reason);
	else if (!traces->at_start)
		say(options, name, "baseline: of the moment before the tools came first");
	for (int kind = 0; kind < TRACE_KINDS; kind++)
		print_kind(context, name, traces, kind);
	if (traces->all > traces->count)
		say(options, name, "and %zu more", traces->all - traces->count);
	if (traces->all)
		say(options, name, "not clean: %zu difference%s, %zu ours or perhaps ours", traces->all,
			traces->all == 1 ? "" : "s", ours);
	else
		say(options, name, "clean%s", limits_of(traces));
}

static void write_kind(struct json_writer *writer, const struct traces *traces, int kind)
{
	json_write_object(writer, kinds[kind].key);
	json_write_bool(writer, "looked", traces->looked[kind]);
	json_write_bool(writer, "compared", traces->compared[kind]);
	json_write_array(writer, "differences");
	for (size_t i = 0; i < traces->count; i++) {
		const struct trace *trace = &traces->list[i];

		if ((int)trace->kind != kind)
			continue;
		json_write_object(writer, NULL);
		json_write_string(writer, "what", trace->text);
		if (trace->owner == TRACE_UNKNOWN)
			json_write_string(writer, "ours", NULL);
		else
			json_write_bool(writer, "ours", trace->owner == TRACE_OURS);
		json_write_end(writer);
	}
	json_write_end(writer);
	json_write_end(writer);
}

static void write_one(struct json_writer *writer, const struct known *container, const struct traces *traces)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "id", container->record.id);
	json_write_string(writer, "name", container->name);
	json_write_bool(writer, "clean", traces->all == 0);
	json_write_number(writer, "differences", (int64_t)traces->all);
	json_write_number(writer, "ours", (int64_t)count_ours(traces));
	json_write_string(writer, "baseline",
		!traces->has_baseline ? NULL
		: traces->at_start    ? "start"
				      : "attach");
	for (int kind = 0; kind < TRACE_KINDS; kind++)
		write_kind(writer, traces, kind);
	json_write_end(writer);
}

/* Nobody attaches or detaches meanwhile. */
static int find(struct context *context, const struct meant *meant, struct traces *ret, struct err *err)
{
	const struct record *record = &meant->container->record;
	struct store *store = context->has_store ? &context->store : NULL;
	int rc = store ? store_lock(store, record->id, err) : 0;

	if (rc < 0)
		return rc;
	rc = traces_find(store, record, &meant->target, ret, err);
	if (store)
		store_unlock(store);
	return rc;
}

static int verify_one(struct context *context, const char *word, struct json_writer *writer, size_t *found)
{
	cleanup_meant struct meant meant = MEANT_NONE;
	cleanup_traces struct traces traces = TRACES_NONE;
	struct err err = {0};
	char buffer[16];

	if (resolve(context, word, &meant, &err) < 0)
		return complain_err(word, &err);
	if (find(context, &meant, &traces, &err) < 0)
		return complain_err(shown_name(meant.container, buffer), &err);
	(*found)++;
	if (context->options.json)
		write_one(writer, meant.container, &traces);
	else
		print(context, shown_name(meant.container, buffer), &traces);
	return traces.all ? EXIT_DIFFERS : 0;
}

int verb_verify(struct context *context)
{
	struct json_writer *writer = context->options.json ? json_writer_new(true) : NULL;
	cleanup_free char *text = NULL;
	struct err err = {0};
	size_t found = 0;
	int status = 0;

	if (context->options.json)
		json_write_array(writer, NULL);
	for (int i = 0; i < context->options.container_count; i++) {
		int one = verify_one(context, context->options.containers[i], writer, &found);

		if (one > status)
			status = one;
	}
	if (!context->options.json)
		return status;
	json_write_end(writer);
	if (json_writer_finish(writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	if (found)
		fputs(text, stdout);
	return status;
}
