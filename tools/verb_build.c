/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"
#include "err.h"
#include "message.h"
#include "options.h"
#include "signals.h"
#include "util.h"
#include "verbs.h"

#include <stdio.h>

/* Long builds show how far they are, on a terminal; a line that is over-written. */
static void show_step(size_t done, size_t total, const char *name)
{
	char safe[256];

	fprintf(stderr, "\r\033[K[%zu/%zu] %.60s", done + 1, total, util_escape(safe, sizeof(safe), name));
	(void)fflush(stderr);
}

static int report(const struct options *options, const struct build_result *result, const char *tree)
{
	char line[8192], safe[4096];

	if (result->leftover)
		complain("%s: replaced, but the old tree is still beside it as %s: remove it", tree,
			result->leftover);
	if (options->quiet)
		return EXIT_SUCCESS;
	if (result->unchanged)
		snprintf(line, sizeof(line), "%s: nothing has changed\n",
			util_escape(safe, sizeof(safe), tree));
	else
		snprintf(line, sizeof(line), "%s: %zu tools, %zu libraries, %zu files, %zu links\n",
			util_escape(safe, sizeof(safe), tree), result->tools, result->libraries,
			result->files, result->links);
	return say(line);
}

static int perform(const struct options *options, int signals)
{
	bool shows_steps = !options->quiet && !options->verbose && isatty(STDERR_FILENO);
	const struct build build = {
		.output = options->output ?: DEFAULT_TREE,
		.make_parents = !options->output,
		.force = options->force,
		.from_root = options->from_root,
		.recipes = getenv("OCI_CRASHCART_RECIPES") ?: RECIPES,
		.names = options->words,
		.count = options->count,
		.packages = &options->packages,
		.presets = &options->presets,
		.path = getenv("PATH"),
		.cancel = signals,
		.progress = {options->verbose ? note : NULL, shows_steps ? show_step : NULL},
	};
	struct build_result result = {0};
	struct err err = {0};
	int rc = signals < 0 ? err_errno(&err, errno, "signals") : build_tree(&build, &result, &err);
	int status = EXIT_FAILURE;

	if (shows_steps)
		fputs("\r\033[K", stderr);
	if (rc == 0)
		status = report(options, &result, build.output);
	else
		complain("%s", err.text);
	free_keep_errno(&result.leftover);
	return rc == -ECANCELED ? signals_die(signals) : status;
}

int verb_build(const struct options *options)
{
	cleanup_fd int signals = FD_NONE;

	if (options->count + options->packages.count + options->presets.count == 0) {
		complain("build: name at least one executable, package or preset");
		return usage_error();
	}
	signals = signals_catch();
	return perform(options, signals);
}
