/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include "cache.h"
#include "config.h"
#include "message.h"
#include "util.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
	"usage: dbg-tools [OPTION...] build [-o TREE] [NAME|PATH...]\n"
	"       dbg-tools [OPTION...] verify TREE [NAME...]\n"
	"       dbg-tools [OPTION...] list TREE\n"
	"       dbg-tools [OPTION...] diff TREE TREE\n"
	"       dbg-tools [OPTION...] image -o FILE TREE\n"
	"       dbg-tools [OPTION...] pack [--cache DIR] [--size BYTES] NAME|PATH\n"
	"\n"
	"build makes a tree of debugging tools that run in any container, from the executables\n"
	"of this host: each with its libraries and the loader that it was linked for, so that\n"
	"nothing is taken from the container. dbg-inject --tools TREE delivers it.\n"
	"verify looks whether a tree is as it was built and points nowhere else, and runs the\n"
	"tests of its tools, or of those named, where there is nothing but the tree.\n"
	"list shows what a tree holds, diff in what two trees differ. image seals a tree into\n"
	"one file.\n"
	"pack makes, or finds, a tree of one tool in a cache, and prints its path, for\n"
	"dbg-inject --pack.\n"
	"\n"
	"  NAME          an executable, looked for on PATH, or what a recipe of that name packs\n"
	"  PATH          an executable by its path; its last component is its name in the tree\n"
	"\n"
	"  -o, --output TREE     build: where the tree goes: missing, or an empty directory\n"
	"                        (default: " DEFAULT_TREE ")\n"
	"  -o, --output FILE     image: where the image goes\n"
	"      --force           build, image: replace what is there, at one stroke when the new\n"
	"                        one is whole\n"
	"      --from-root DIR   build: take everything from another root file system\n"
	"      --package NAME    build: the executables of an installed package; repeatable\n"
	"      --preset NAME     build: what a preset lists (minimal, net, trace, full);\n"
	"                        repeatable\n"
	"      --type TYPE       image: erofs, squashfs or ext4\n"
	"      --json            verify, list, diff: for programs\n"
	"      --cache DIR       pack: where trees are kept\n"
	"                        (default: " CACHE_DIRECTORY ")\n"
	"      --size BYTES      pack: what they may take there, also with K, M or G; those that\n"
	"                        were not used for longest go first (default: 1G)\n"
	"  -n, --dry-run         pack: print the path of what would be packed; do nothing\n"
	"  -q, --quiet           say nothing but errors; verify: but what is wrong; diff: nothing\n"
	"  -v, --verbose         build: name each file that is packed, and where it is from;\n"
	"                        verify: each test; list: also the files\n"
	"  -h, --help            show this text\n"
	"  -V, --version         show the version\n"
	"\n"
	"busybox brings its applets as links, never in place of another tool of the tree.\n"
	"bash is also sh where busybox is not packed. Set-id bits are dropped.\n"
	"build needs the program patchelf; verify needs root or user namespaces.\n"
	"Recipes and presets of your own: see dbg-tools.conf(5).\n"
	"\n"
	"Exit status: 0: done; 1: failed, and nothing is left behind; 2: wrong usage;\n"
	"127: pack: there is no such program here. diff: 0: the same; 1: different; 2: trouble.\n";

/* Values of long options without a letter: above those of characters. */
enum {
	LONG_FORCE = 256,
	LONG_FROM_ROOT,
	LONG_PACKAGE,
	LONG_PRESET,
	LONG_JSON,
	LONG_TYPE,
	LONG_CACHE,
	LONG_SIZE
};

static const struct option table[] = {
	{"output", required_argument, NULL, 'o'},
	{"force", no_argument, NULL, LONG_FORCE},
	{"from-root", required_argument, NULL, LONG_FROM_ROOT},
	{"package", required_argument, NULL, LONG_PACKAGE},
	{"preset", required_argument, NULL, LONG_PRESET},
	{"json", no_argument, NULL, LONG_JSON},
	{"type", required_argument, NULL, LONG_TYPE},
	{"cache", required_argument, NULL, LONG_CACHE},
	{"size", required_argument, NULL, LONG_SIZE},
	{"dry-run", no_argument, NULL, 'n'},
	{"quiet", no_argument, NULL, 'q'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

/* What stands for a bit in messages. */
static const struct {
	unsigned int bit;
	const char *name;
} bits[] = {
	{OPTION_OUTPUT, "--output"},
	{OPTION_FORCE, "--force"},
	{OPTION_FROM_ROOT, "--from-root"},
	{OPTION_PACKAGE, "--package"},
	{OPTION_PRESET, "--preset"},
	{OPTION_JSON, "--json"},
	{OPTION_TYPE, "--type"},
	{OPTION_CACHE, "--cache"},
	{OPTION_SIZE, "--size"},
	{OPTION_DRY_RUN, "--dry-run"},
};

int usage_error(void)
{
	fputs("dbg-tools: see dbg-tools --help\n", stderr);
	return EXIT_USAGE;
}

/* Each of these returns -1 to go on, or the exit status. */

static int take_text(struct options *options, enum option_bit bit, const char **ret)
{
	options->given |= bit;
	*ret = optarg;
	return -1;
}

static int take_name(struct options *options, enum option_bit bit, struct names *names)
{
	options->given |= bit;
	if (names_add(names, optarg) == 0)
		return -1;
	complain("out of memory");
	return EXIT_FAILURE;
}

static int take_flag(struct options *options, enum option_bit bit, bool *ret)
{
	options->given |= bit;
	*ret = true;
	return -1;
}

static int take_volume(struct options *options, bool verbose)
{
	options->verbose = verbose;
	options->quiet = !verbose;
	return -1;
}

static int take_option(int option, struct options *options)
{
	switch (option) {
	case 'o':
		return take_text(options, OPTION_OUTPUT, &options->output);
	case LONG_FORCE:
		return take_flag(options, OPTION_FORCE, &options->force);
	case LONG_FROM_ROOT:
		return take_text(options, OPTION_FROM_ROOT, &options->from_root);
	case LONG_PACKAGE:
		return take_name(options, OPTION_PACKAGE, &options->packages);
	case LONG_PRESET:
		return take_name(options, OPTION_PRESET, &options->presets);
	case LONG_JSON:
		return take_flag(options, OPTION_JSON, &options->json);
	case LONG_TYPE:
		return take_text(options, OPTION_TYPE, &options->type);
	case LONG_CACHE:
		return take_text(options, OPTION_CACHE, &options->cache);
	case LONG_SIZE:
		return take_text(options, OPTION_SIZE, &options->size);
	case 'n':
		return take_flag(options, OPTION_DRY_RUN, &options->dry_run);
	case 'q':
	case 'v':
		return take_volume(options, option == 'v');
	case 'h':
		return say(help);
	case 'V':
		return say("dbg-tools (oci-crashcart) " PACKAGE_VERSION "\n");
	default:
		return usage_error();
	}
}

int options_read(int argc, char **argv, struct options *ret)
{
	int option, status = -1;

	while (status < 0 && (option = getopt_long(argc, argv, "o:nqvhV", table, NULL)) != -1)
		status = take_option(option, ret);
	if (status < 0 && optind < argc) {
		ret->verb = argv[optind++];
		ret->words = (const char *const *)(argv + optind);
		ret->count = (size_t)(argc - optind);
	}
	return status;
}

void options_free(struct options *options)
{
	names_free(&options->packages);
	names_free(&options->presets);
}

int options_check(
	const struct options *options, unsigned int takes, size_t least, size_t most, const char *needed)
{
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (options->given & bits[i].bit & ~takes) {
			complain("%s: it takes no %s", options->verb, bits[i].name);
			return usage_error();
		}
	if (options->count < least || options->count > most) {
		complain("%s: %s", options->verb, needed);
		return usage_error();
	}
	if (options->output && !options->output[0]) {
		complain("--output: the name is empty");
		return usage_error();
	}
	return -1;
}
