/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "sandbox.h"
#include "util.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

#define PLACE "/dev/crashcart"

enum { SHOWN = 200, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* A run of one tool. */
struct trial {
	const struct sandbox *sandbox;
	char *path;           /* of what is run */
	const char **argv;    /* with its name */
	const char *output;   /* that it has to print; or null */
	const char *unwanted; /* that it must not print; or null */
	bool lenient;         /* whatever its exit status: that it runs at all is enough */
	bool indirect;        /* it runs another program: it tells by its exit status whether it could */
};

static void trial_free(struct trial *trial)
{
	free_keep_errno(&trial->path);
	free_keep_errno(&trial->argv);
}

#define cleanup_trial __attribute__((cleanup(trial_free)))

/* The last line of what it printed that is not empty, or the one that has WANTED in it; "" for none. Changes the text. */
static const char *telling_line(char *text, const char *wanted)
{
	const char *found = "";
	char *next = text;

	for (char *line; (line = strsep(&next, "\r\n"));) {
		if (wanted && strstr(line, wanted))
			return line;
		if (*line)
			found = line;
	}
	return found;
}

/* How it ended, with what it said at last. Returns false, as what its callers have to tell. */
static bool because(struct sandbox_result *result, char **ret_reason, const char *what)
{
	const char *line = telling_line(result->output, NULL);

	*ret_reason = util_printf("%s%s%.*s", what, *line ? ": " : "", SHOWN, line);
	return false;
}

static bool passes_exit(const struct trial *trial, struct sandbox_result *result, char **ret_reason)
{
	char what[2 * SHOWN];
	bool not_run = result->value == EXIT_NOT_RUN || result->value == EXIT_NOT_FOUND;

	snprintf(what, sizeof(what), "exit status %d", result->value);
	if (trial->lenient ? trial->indirect && not_run : result->value != 0)
		return because(result, ret_reason, what);
	if (trial->unwanted && strstr(result->output, trial->unwanted)) {
		const char *line = telling_line(result->output, trial->unwanted);

		*ret_reason = util_printf("%.*s", SHOWN, line + strspn(line, " \t"));
		return false;
	}
	if (!trial->output || memmem(result->output, result->length, trial->output, strlen(trial->output)))
		return true;
	snprintf(what, sizeof(what), "'%.*s' is not in what it printed", SHOWN, trial->output);
	return because(result, ret_reason, what);
}

/* *RET_REASON: the caller's, where it did not pass. */
static bool passes(const struct trial *trial, struct sandbox_result *result, char **ret_reason)
{
	char what[128];

	switch (result->end) {
	case SANDBOX_NOT_RUN:
		*ret_reason = util_printf("cannot be run: %s", strerror(result->value));
		return false;
	case SANDBOX_SIGNALED:
		snprintf(what, sizeof(what), "ended by signal %d (%s)", result->value,
			strsignal(result->value));
		return because(result, ret_reason, what);
	case SANDBOX_TIMEOUT:
		snprintf(what, sizeof(what), "not done within %d seconds", SANDBOX_SECONDS);
		return trial->lenient || because(result, ret_reason, what);
	default:
		return passes_exit(trial, result, ret_reason);
	}
}

/* Arguments as one word of text; cut. */
static void show(const char *const *argv, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (; *argv && used < size; argv++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", *argv);
}

static int conduct(
	const struct trial *trial, struct verify_tool *tool, void (*note)(const char *text), struct err *err)
{
	struct sandbox_result result;
	char shown[SHOWN];
	int rc;

	show(trial->argv, shown, sizeof(shown));
	if (note)
		note(shown);
	rc = sandbox_run(trial->sandbox, trial->path, trial->argv, &result, err);
	if (rc < 0)
		return rc;
	tool->state = passes(trial, &result, &tool->reason) ? VERIFY_OK : VERIFY_FAILED;
	free(result.output);
	return 0;
}

/* "the test that failed: why", where there are several. */
static void name_test(struct verify_tool *tool, const struct manifest_test *test)
{
	char shown[SHOWN], *longer;

	if (!tool->reason || tool->object->test_count < 2)
		return;
	show(test->arguments, shown, sizeof(shown));
	longer = util_printf("%s: %s", shown, tool->reason);
	if (longer) {
		free(tool->reason);
		tool->reason = longer;
	}
}

static int own_test(const struct sandbox *sandbox, const struct manifest_test *test, struct verify_tool *tool,
	void (*note)(const char *text), struct err *err)
{
	cleanup_trial struct trial trial = {.sandbox = sandbox, .output = test->output};
	int rc;

	trial.path = util_printf(PLACE "/bin/%s", tool->object->name);
	trial.argv = calloc(test->count + 2, sizeof(*trial.argv));
	if (!trial.path || !trial.argv)
		return err_errno(err, ENOMEM, "a test");
	trial.argv[0] = tool->object->name;
	for (size_t i = 0; i < test->count; i++)
		trial.argv[i + 1] = test->arguments[i];
	rc = conduct(&trial, tool, note, err);
	name_test(tool, test);
	return rc;
}

static bool is_wrapped(const struct manifest *manifest, const char *name)
{
	cleanup_free char *path = util_printf("lib/wrapped/%s", name);

	return path && manifest_file(manifest, path);
}

/* It can be executed, whatever it thinks of its argument. */
static int test_execution(const struct sandbox *sandbox, const struct manifest *manifest,
	struct verify_tool *tool, void (*note)(const char *text), struct err *err)
{
	const struct manifest_object *object = tool->object;
	const char *argv[] = {object->name, "--version", NULL};
	cleanup_free char *path = util_printf(PLACE "/bin/%s", object->name);
	const struct trial trial = {
		.sandbox = sandbox,
		.path = path,
		.argv = argv,
		.lenient = true,
		.indirect = object->linked == MANIFEST_SCRIPT || is_wrapped(manifest, object->name),
	};

	return path ? conduct(&trial, tool, note, err) : err_errno(err, ENOMEM, "a test");
}

/* Some loaders list what they do not find, and call it a success. */
/* NOLINTNEXTLINE(readability-non-const-parameter): what a trial has is its own elsewhere */
static int list_libraries(const struct sandbox *sandbox, char *loader, const char *program,
	struct verify_tool *tool, void (*note)(const char *text), struct err *err)
{
	const char *argv[] = {loader, "--list", program, NULL};
	const struct trial trial = {
		.sandbox = sandbox, .path = loader, .argv = argv, .unwanted = "not found"};

	return conduct(&trial, tool, note, err);
}

/* All its libraries are found, by the tree's own loader. What has a launcher is behind it. */
static int test_loading(const struct sandbox *sandbox, const struct manifest *manifest,
	struct verify_tool *tool, void (*note)(const char *text), struct err *err)
{
	const char *name = tool->object->name;
	cleanup_free char *loader = util_printf(PLACE "/lib/%s", manifest->loader ?: "");
	cleanup_free char *program = NULL;

	if (!manifest->loader) {
		tool->state = VERIFY_FAILED;
		tool->reason = strdup("needs a loader, and the tree has none");
		return 0;
	}
	program = util_printf(PLACE "/%s/%s", is_wrapped(manifest, name) ? "lib/wrapped" : "bin", name);
	if (!loader || !program)
		return err_errno(err, ENOMEM, "a test");
	return list_libraries(sandbox, loader, program, tool, note, err);
}

int verify_tool(const struct sandbox *sandbox, const struct manifest *manifest, struct verify_tool *tool,
	void (*note)(const char *text), struct err *err)
{
	const struct manifest_object *object = tool->object;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < object->test_count; i++) {
		rc = own_test(sandbox, &object->tests[i], tool, note, err);
		if (tool->state == VERIFY_FAILED)
			break;
	}
	if (object->test_count)
		return rc;
	return object->linked == MANIFEST_DYNAMIC ? test_loading(sandbox, manifest, tool, note, err)
						  : test_execution(sandbox, manifest, tool, note, err);
}
