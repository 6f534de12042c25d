/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-tools: options, messages, exit codes. */
#include "config.h"

#include "build.h"
#include "err.h"
#include "util.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#define DEFAULT_TREE "/var/lib/oci-crashcart/tools"

enum { EXIT_USAGE = 2 };
enum { OPTION_FORCE = 256, OPTION_LATER };

struct options {
	const char *output;
	bool force, quiet, verbose;
	const char *verb;
	const char *const *names;
	size_t count;
};

static const char help[] =
	"usage: dbg-tools [OPTION...] build [-o TREE] [--force] NAME|PATH...\n"
	"\n"
	"Makes a tree of debugging tools that run in any container, from the executables of\n"
	"this host: each with its libraries and the loader that it was linked for, so that\n"
	"nothing is taken from the container. dbg-inject --tools TREE delivers it.\n"
	"\n"
	"  NAME          an executable, looked for on PATH\n"
	"  PATH          an executable by its path; its last component is its name in the tree\n"
	"\n"
	"  -o, --output TREE   where the tree goes: missing, or an empty directory\n"
	"                      (default: " DEFAULT_TREE ")\n"
	"      --force         replace a tree that is there, at one stroke when the new one is "
	"whole\n"
	"  -q, --quiet         say nothing but errors\n"
	"  -v, --verbose       name each file that is packed, and where it is from\n"
	"  -h, --help          show this text\n"
	"  -V, --version       show the version\n"
	"\n"
	"busybox brings its applets as links, never in place of another tool of the tree.\n"
	"bash is also sh where busybox is not packed. Set-id bits are dropped.\n"
	"Needs the program patchelf.\n"
	"\n"
	"Not built yet: verify, image, list, diff; --from-root, --package, --preset; scripts.\n"
	"\n"
	"Exit status: 0: done; 1: failed, and nothing is left behind; 2: wrong usage.\n";

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
	char text[8192], safe[4 * sizeof(text)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "dbg-tools: %s\n", util_escape(safe, sizeof(safe), text));
}

static void note(const char *text)
{
	complain("%s", text);
}

static int usage_error(void)
{
	fputs("dbg-tools: see dbg-tools --help\n", stderr);
	return EXIT_USAGE;
}

/* Output that could not be written (a full disk behind a redirection) is a failure. */
static int say(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
		complain("standard output: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int not_built(const char *what)
{
	complain("%s: not built yet", what);
	return EXIT_FAILURE;
}

/* One option. Returns -1 to go on, or the exit status. */
static int take_option(int option, const char *name, struct options *options)
{
	switch (option) {
	case 'o':
		options->output = optarg;
		return -1;
	case OPTION_FORCE:
		options->force = true;
		return -1;
	case 'q':
		options->quiet = true;
		options->verbose = false;
		return -1;
	case 'v':
		options->verbose = true;
		options->quiet = false;
		return -1;
	case 'h':
		return say(help);
	case 'V':
		return say("dbg-tools (oci-crashcart) " PACKAGE_VERSION "\n");
	case OPTION_LATER:
		return not_built(name);
	default:
		return usage_error();
	}
}

static int parse(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{"output", required_argument, NULL, 'o'},
		{"force", no_argument, NULL, OPTION_FORCE},
		{"quiet", no_argument, NULL, 'q'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{"from-root", required_argument, NULL, OPTION_LATER},
		{"package", required_argument, NULL, OPTION_LATER},
		{"preset", required_argument, NULL, OPTION_LATER},
		{NULL, 0, NULL, 0},
	};
	int option, index = 0, status = -1;

	while (status < 0 && (option = getopt_long(argc, argv, "o:qvhV", table, &index)) != -1) {
		char name[32];

		snprintf(name, sizeof(name), "--%s", table[index].name);
		status = take_option(option, name, options);
	}
	if (status < 0 && optind < argc) {
		options->verb = argv[optind++];
		options->names = (const char *const *)(argv + optind);
		options->count = (size_t)(argc - optind);
	}
	return status;
}

static int check_usage(const struct options *options)
{
	static const char *const later[] = {"verify", "image", "list", "diff"};

	if (!options->verb) {
		complain("what is to be done is missing: build");
		return usage_error();
	}
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (strcmp(options->verb, later[i]) == 0)
			return not_built(options->verb);
	if (strcmp(options->verb, "build") != 0) {
		complain("%s: there is no such verb", options->verb);
		return usage_error();
	}
	if (options->count == 0) {
		complain("build: name at least one executable");
		return usage_error();
	}
	if (options->output && !options->output[0]) {
		complain("--output: the name is empty");
		return usage_error();
	}
	return -1;
}

/*
 * Signals that end us become readable on a descriptor, so that what is half-built is removed first.
 * What our caller has set to be ignored (nohup) stays so: a blocked signal would be queued all the
 * same. Returns the descriptor.
 */
static int catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		struct sigaction action;

		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&set, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Ends as the signal would have ended us, so that a shell sees it. */
static int die_of_signal(int signals)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return EXIT_FAILURE;
	sigemptyset(&set);
	sigaddset(&set, (int)info.ssi_signo);
	raise((int)info.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + (int)info.ssi_signo;
}

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

static int build(const struct options *options)
{
	cleanup_fd int signals = catch_signals();
	const struct build build = {
		.output = options->output ?: DEFAULT_TREE,
		.make_parents = !options->output,
		.force = options->force,
		.names = options->names,
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
	return rc == -ECANCELED ? die_of_signal(signals) : status;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	int status = parse(argc, argv, &options);

	if (status < 0)
		status = check_usage(&options);
	return status < 0 ? build(&options) : status;
}
