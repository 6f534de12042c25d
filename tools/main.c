/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools: from the command line to a verb. */
#include "config.h"

#include "message.h"
#include "options.h"
#include "sys.h"
#include "util.h"
#include "verbs.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

static const struct verb {
	const char *name;
	int (*perform)(const struct options *options);
	unsigned int takes; /* options */
	size_t least, most; /* words after it */
	const char *needed; /* what is said where there are fewer or more; null: the verb says it */
} verbs[] = {
	{"build", verb_build,
		OPTION_OUTPUT | OPTION_FORCE | OPTION_FROM_ROOT | OPTION_PACKAGE | OPTION_PRESET, 0, SIZE_MAX,
		NULL},
	{"verify", verb_verify, OPTION_JSON, 1, SIZE_MAX, "name the tree"},
	{"list", verb_list, OPTION_JSON, 1, 1, "name one tree"},
	{"diff", verb_diff, OPTION_JSON, 2, 2, "name two trees"},
	{"image", verb_image, OPTION_OUTPUT | OPTION_FORCE | OPTION_TYPE, 1, 1, "name one tree"},
	{"pack", verb_pack, OPTION_CACHE | OPTION_SIZE | OPTION_DRY_RUN, 1, 1, "name one program"},
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int perform(const struct options *options)
{
	const struct verb *verb;
	int status;

	if (!options->verb) {
		complain("what is to be done is missing: build, verify, list, diff, image or pack");
		return usage_error();
	}
	verb = find(options->verb);
	if (!verb) {
		complain("%s: there is no such verb", options->verb);
		return usage_error();
	}
	status = options_check(options, verb->takes, verb->least, verb->most, verb->needed);
	return status < 0 ? verb->perform(options) : status;
}

/*
 * Where the caller has closed one of the first three, a file of ours would have its number, and messages would go into that. What
 * he left open is not for the programs that we run.
 */
static void settle_descriptors(void)
{
	int fd;

	do
		/* NOLINTNEXTLINE(android-cloexec-open): for those whom we start as well */
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	sys_close_from(STDERR_FILENO + 1);
}

int main(int argc, char **argv)
{
	cleanup_options struct options options = {0};
	int status;

	settle_descriptors();
	/* Ignored, as some callers have it, nobody could ask how our children end. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_IGN); /* at RLIMIT_FSIZE a write fails, as on a full disk */
	status = options_read(argc, argv, &options);
	return status < 0 ? perform(&options) : status;
}
