/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "signals.h"
#include "table.h"
#include "util.h"
#include "verbs.h"
#include "verify.h"

#include <stdio.h>

static const char *state_name(enum verify_state state)
{
	static const char *const names[] = {
		[VERIFY_OK] = "ok", [VERIFY_FAILED] = "failed", [VERIFY_NOT_RUN] = "not run"};

	return names[state];
}

static int print_table(const struct options *options, const struct verify_result *result)
{
	struct table *table = table_new(3);

	if (!options->quiet)
		table_add(table, (const char *const[]){"NAME", "RESULT", "VERSION, OR WHAT IS WRONG"});
	for (size_t i = 0; i < result->tool_count; i++) {
		const struct verify_tool *tool = &result->tools[i];
		const char *detail = tool->state == VERIFY_OK ? tool->object->version : tool->reason;

		if (tool->state != VERIFY_OK || !options->quiet)
			table_add(table,
				(const char *const[]){tool->object->name, state_name(tool->state), detail});
	}
	for (size_t i = 0; i < result->problems.count; i++)
		table_add(table, (const char *const[]){result->problems.item[i].path, "wrong",
					 result->problems.item[i].text});
	return table_print(table);
}

static void write_tool(struct json_writer *writer, const struct verify_tool *tool)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "name", tool->object->name);
	json_write_string(writer, "result", state_name(tool->state));
	json_write_string(writer, "package", tool->object->package);
	json_write_string(writer, "package-version", tool->object->version);
	json_write_number(writer, "tests", (int64_t)tool->object->test_count);
	json_write_string(writer, "reason", tool->reason);
	json_write_end(writer);
}

static int print_json(const struct options *options, const struct verify_result *result)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_string(writer, "tree", options->words[0]);
	json_write_bool(writer, "ok", result->failed == 0 && result->problems.found == 0);
	json_write_array(writer, "tools");
	for (size_t i = 0; i < result->tool_count; i++)
		if (result->tools[i].state != VERIFY_OK || !options->quiet)
			write_tool(writer, &result->tools[i]);
	json_write_end(writer);
	json_write_array(writer, "problems");
	for (size_t i = 0; i < result->problems.count; i++) {
		json_write_object(writer, NULL);
		json_write_string(writer, "path", result->problems.item[i].path);
		json_write_string(writer, "problem", result->problems.item[i].text);
		json_write_end(writer);
	}
	json_write_end(writer);
	json_write_end(writer);
	return say_json(writer);
}

/* One line that counts, whatever went wrong. */
static int conclude(const struct options *options, const struct verify_result *result)
{
	const char *tree = options->words[0];
	size_t found = result->problems.found;
	char wrong[64] = "";

	if (found)
		snprintf(wrong, sizeof(wrong), "%zu thing%s wrong, ", found, found == 1 ? "" : "s");
	if (result->no_sandbox)
		complain("%s: %sno tool was run: %s", tree, wrong, result->no_sandbox);
	else if (result->failed || found)
		complain("%s: %s%zu of %zu tools failed", tree, wrong, result->failed, result->tool_count);
	return result->no_sandbox || result->failed || found ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int report(const struct options *options, const struct verify_result *result)
{
	int status = options->json ? print_json(options, result) : print_table(options, result);

	return status == EXIT_SUCCESS ? conclude(options, result) : status;
}

int verb_verify(const struct options *options)
{
	cleanup_fd int signals = signals_catch();
	const struct verify verify = {
		.tree = options->words[0],
		.names = options->words + 1,
		.count = options->count - 1,
		.cancel = signals,
		.note = options->verbose ? note : NULL,
	};
	cleanup_verify struct verify_result result = {0};
	struct err err = {0};
	int rc = signals < 0 ? err_errno(&err, errno, "signals") : verify_tree(&verify, &result, &err);

	if (rc == 0)
		return report(options, &result);
	complain("%s", err.text);
	return rc == -ECANCELED ? signals_die(signals) : EXIT_FAILURE;
}
