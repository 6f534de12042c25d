/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verify.h"

#include "err.h"
#include "run.h"
#include "sandbox.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int verify_add(struct verify_problems *problems, struct err *err, const char *path, const char *format, ...)
{
	struct verify_problem *bigger, problem = {0};
	va_list ap;
	int length;

	problems->found++;
	if (problems->count == VERIFY_PROBLEM_LIMIT)
		return 0;
	bigger = reallocarray(problems->item, problems->count + 1, sizeof(*bigger));
	if (!bigger)
		return err_errno(err, ENOMEM, "%s", path);
	problems->item = bigger;
	problem.path = strdup(path);
	va_start(ap, format);
	length = vasprintf(&problem.text, format, ap);
	va_end(ap);
	if (!problem.path || length < 0) {
		free(problem.path);
		return err_errno(err, ENOMEM, "%s", path);
	}
	problems->item[problems->count++] = problem;
	return 0;
}

static int add_tool(struct verify_result *result, const struct manifest_object *object)
{
	for (size_t i = 0; i < result->tool_count; i++)
		if (result->tools[i].object == object)
			return 0;
	result->tools[result->tool_count++] = (struct verify_tool){.object = object, .state = VERIFY_NOT_RUN};
	return 0;
}

static int unknown(const struct manifest *manifest, const char *name, struct err *err)
{
	cleanup_free char *path = util_printf("bin/%s", name);
	const struct manifest_link *link = path ? manifest_link(manifest, path) : NULL;

	if (link)
		return err_set(err, ENOENT, "%s: a link to %s, not a tool of its own", name, link->target);
	return err_set(err, ENOENT, "%s: not in the tree", name);
}

/* Those that are named, in that order, each once; or all. */
static int choose(const struct verify *verify, struct verify_result *result, struct err *err)
{
	const struct manifest *manifest = &result->manifest;

	result->tools = calloc(manifest->tool_count + 1, sizeof(*result->tools));
	if (!result->tools)
		return err_errno(err, ENOMEM, "the tools");
	for (size_t i = 0; i < verify->count; i++) {
		const struct manifest_object *object = manifest_tool(manifest, verify->names[i]);

		if (!object)
			return unknown(manifest, verify->names[i], err);
		add_tool(result, object);
	}
	for (size_t i = 0; verify->count == 0 && i < manifest->tool_count; i++)
		add_tool(result, &manifest->tools[i]);
	return 0;
}

static int run_tools(const struct verify *verify, int tree, struct verify_result *result, struct err *err)
{
	struct err why = {0};
	struct sandbox sandbox;
	int rc = 0;

	if (result->tool_count)
		rc = sandbox_open(tree, verify->tree, verify->cancel, &sandbox, &why);
	if (rc == -ECANCELED)
		return err_set(err, ECANCELED, "interrupted");
	if (rc < 0) {
		result->no_sandbox = strdup(why.text);
		result->failed = result->tool_count;
		return result->no_sandbox ? 0 : err_errno(err, ENOMEM, "sandbox");
	}
	for (size_t i = 0; i < result->tool_count; i++) {
		struct verify_tool *tool = &result->tools[i];

		rc = verify_tool(&sandbox, &result->manifest, tool, verify->note, err);
		if (rc < 0)
			return err_prefix(err, "%s", tool->object->name);
		result->failed += tool->state != VERIFY_OK;
	}
	return 0;
}

int verify_tree(const struct verify *verify, struct verify_result *ret, struct err *err)
{
	cleanup_verify struct verify_result result = {0};
	cleanup_fd int tree = manifest_open_tree(verify->tree, err);
	int rc;

	if (tree < 0)
		return tree;
	rc = manifest_read(tree, &result.manifest, err);
	if (rc == 0 && !result.manifest.has_files)
		rc = manifest_too_old(err);
	if (rc == 0)
		rc = choose(verify, &result, err);
	if (rc == 0)
		rc = verify_files(tree, verify->cancel, &result.manifest, &result.problems, err);
	if (rc == 0)
		rc = run_tools(verify, tree, &result, err);
	if (rc < 0)
		return err_prefix(err, "%s", verify->tree);
	*ret = result;
	result = (struct verify_result){0};
	return 0;
}

void verify_free(struct verify_result *result)
{
	for (size_t i = 0; i < result->problems.count; i++) {
		free_keep_errno(&result->problems.item[i].path);
		free_keep_errno(&result->problems.item[i].text);
	}
	free_keep_errno(&result->problems.item);
	for (size_t i = 0; i < result->tool_count; i++)
		free_keep_errno(&result->tools[i].reason);
	free_keep_errno(&result->tools);
	free_keep_errno(&result->no_sandbox);
	manifest_free(&result->manifest);
	*result = (struct verify_result){0};
}
