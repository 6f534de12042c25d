/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "image.h"
#include "message.h"
#include "options.h"
#include "signals.h"
#include "util.h"
#include "verbs.h"

#include <stdio.h>

static int report(const struct options *options, const struct image_result *result)
{
	char line[4352], safe[4096];

	if (options->quiet)
		return EXIT_SUCCESS;
	snprintf(line, sizeof(line), "%s: %s, %llu bytes; %s\n",
		util_escape(safe, sizeof(safe), options->output), result->type,
		(unsigned long long)result->size,
		result->verity ? "sealed by fs-verity" : "this file system has no fs-verity");
	return say(line);
}

int verb_image(const struct options *options)
{
	cleanup_fd int signals = FD_NONE;
	struct image_result result = {0};
	struct image image = {
		.tree = options->words[0],
		.output = options->output,
		.type = options->type,
		.force = options->force,
	};
	struct err err = {0};
	int rc;

	if (!options->output || (options->type && !image_is_type(options->type))) {
		complain(options->output ? "--type: erofs, squashfs or ext4"
					 : "image: name the file that it goes to: -o FILE");
		return usage_error();
	}
	image.cancel = signals = signals_catch();
	rc = signals < 0 ? err_errno(&err, errno, "signals") : image_make(&image, &result, &err);
	if (rc == 0)
		return report(options, &result);
	complain("%s", err.text);
	return rc == -ECANCELED ? signals_die(signals) : EXIT_FAILURE;
}
