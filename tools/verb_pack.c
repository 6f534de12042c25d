/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"
#include "config.h"
#include "err.h"
#include "message.h"
#include "names.h"
#include "options.h"
#include "signals.h"
#include "util.h"
#include "verbs.h"

#include <string.h>

enum { EXIT_NO_PROGRAM = 127 };

/* A path is printed as it is: it is for programs. */
static int print(const char *path)
{
	cleanup_free char *line = util_printf("%s\n", path);

	if (line)
		return say(line);
	complain("out of memory");
	return EXIT_FAILURE;
}

static int perform(const struct options *options, const struct cache_pack *pack)
{
	cleanup_free char *program = NULL, *tree = NULL;
	struct err err = {0};
	int rc = cache_locate(pack, &program, &err);

	if (rc < 0) {
		complain("%s: %s", pack->name, err.text);
		return rc == -ENOENT ? EXIT_NO_PROGRAM : EXIT_FAILURE;
	}
	if (options->dry_run)
		return print(program);
	rc = pack->cancel < 0 ? err_errno(&err, errno, "signals") : cache_tree(pack, program, &tree, &err);
	if (rc == 0)
		return print(tree);
	complain("%s", err.text);
	return rc == -ECANCELED ? signals_die(pack->cancel) : EXIT_FAILURE;
}

int verb_pack(const struct options *options)
{
	cleanup_fd int signals = FD_NONE;
	struct cache_pack pack = {
		.directory = options->cache ?: CACHE_DIRECTORY,
		.size = CACHE_SIZE,
		.name = options->words[0],
		.path = getenv("PATH"),
		.recipes = getenv("OCI_CRASHCART_RECIPES") ?: RECIPES,
		.note = options->verbose ? note : NULL,
	};

	if (!names_is_plain(names_base(pack.name))) {
		complain("pack: %s is no name of a program", pack.name);
		return usage_error();
	}
	if (options->size && !util_size(options->size, &pack.size)) {
		complain("--size %s: a number of bytes is wanted, or of K, M, G", options->size);
		return usage_error();
	}
	signals = signals_catch();
	if (signals < 0) {
		complain("signals: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	pack.cancel = signals;
	return perform(options, &pack);
}
