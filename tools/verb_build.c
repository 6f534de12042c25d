/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "build.h"
#include "err.h"
#include "message.h"
#include "options.h"
#include "signals.h"
#include "util.h"
#include "verbs.h"

#include <stdio.h>

static int report(const struct options *options, const struct build_result *result, const char *tree)
{
	char line[8192], safe[4096];

	if (result->leftover)
		complain("%s: replaced, but the old tree is still beside it as %s: remove it", tree,
			result->leftover);
	if (options->quiet)
		return EXIT_SUCCESS;
	snprintf(line, sizeof(line), "%s: %zu tools, %zu libraries, %zu links\n",
		util_escape(safe, sizeof(safe), tree), result->tools, result->libraries, result->links);
	return say(line);
}

static int perform(const struct options *options, int signals)
{
	const struct build build = {
		.output = options->output ?: DEFAULT_TREE,
		.make_parents = !options->output,
		.force = options->force,
		.names = options->words,
		.count = options->count,
		.path = getenv("PATH"),
		.cancel = signals,
		.note = options->verbose ? note : NULL,
	};
	struct build_result result = {0};
	struct err err = {0};
	int rc = signals < 0 ? err_errno(&err, errno, "signals") : build_tree(&build, &result, &err);
	int status = EXIT_FAILURE;

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
		complain("build: name at least one executable");
		return usage_error();
	}
	if (options->from_root)
		return not_built("--from-root");
	if (options->packages.count)
		return not_built("--package");
	if (options->presets.count)
		return not_built("--preset");
	signals = signals_catch();
	return perform(options, signals);
}
