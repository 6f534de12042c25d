/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"
#include "ns.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Values above those of characters. */
enum {
	OPTION_ATTACH = 256,
	OPTION_DETACH,
	OPTION_LIST,
	OPTION_STATUS,
	OPTION_GC,
	OPTION_VERIFY,
	OPTION_DOCTOR,
	OPTION_FORCE,
	OPTION_LAZY,
	OPTION_JSON,
	OPTION_TOOLS,
	OPTION_PROFILE,
	OPTION_CAP_ADD,
	OPTION_CAP_DROP,
	OPTION_CGROUP,
	OPTION_ENV_FROM,
	OPTION_PACK,
	OPTION_PRIVATE,
	OPTION_NS,
	OPTION_RM,
};

static const struct option long_options[] = {
	{"attach", no_argument, NULL, OPTION_ATTACH},
	{"detach", no_argument, NULL, OPTION_DETACH},
	{"list", no_argument, NULL, OPTION_LIST},
	{"status", no_argument, NULL, OPTION_STATUS},
	{"gc", no_argument, NULL, OPTION_GC},
	{"verify", no_argument, NULL, OPTION_VERIFY},
	{"doctor", no_argument, NULL, OPTION_DOCTOR},
	{"force", no_argument, NULL, OPTION_FORCE},
	{"lazy", no_argument, NULL, OPTION_LAZY},
	{"json", no_argument, NULL, OPTION_JSON},
	{"tools", required_argument, NULL, OPTION_TOOLS},
	{"profile", required_argument, NULL, OPTION_PROFILE},
	{"cgroup", required_argument, NULL, OPTION_CGROUP},
	{"env-from", required_argument, NULL, OPTION_ENV_FROM},
	{"pack", no_argument, NULL, OPTION_PACK},
	{"private", no_argument, NULL, OPTION_PRIVATE},
	{"rm", no_argument, NULL, OPTION_RM},
	{"dry-run", no_argument, NULL, 'n'},
	{"explain", no_argument, NULL, 'n'},
	{"verbose", no_argument, NULL, 'v'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{"user", required_argument, NULL, 'u'},
	{"workdir", required_argument, NULL, 'w'},
	{"env", required_argument, NULL, 'e'},
	{"ns", required_argument, NULL, OPTION_NS},
	{"cap-add", required_argument, NULL, OPTION_CAP_ADD},
	{"cap-drop", required_argument, NULL, OPTION_CAP_DROP},
	{NULL, 0, NULL, 0},
};

static int set_verb(struct options *options, enum verb verb)
{
	if (options->verb != VERB_RUN && options->verb != verb)
		return complain(NULL, "only one of --attach, --detach, --list, --status, --verify, --gc and "
				      "--doctor can be given");
	options->verb = verb;
	return 0;
}

static int add_value(struct values *values, const char *option, char *value)
{
	char **longer = realloc(values->list, (values->count + 1) * sizeof(*longer));

	if (!longer)
		return complain(NULL, "%s: %s", option, strerror(ENOMEM));
	values->list = longer;
	longer[values->count++] = value;
	return 0;
}

static int set_profile(struct options *options, const char *value)
{
	options->profile = value;
	if (strcmp(value, "same") == 0 || strcmp(value, "debug") == 0 || strcmp(value, "full") == 0)
		return 0;
	return complain(NULL, "--profile %s: expected same, debug or full", value);
}

static int set_cgroup(struct options *options, const char *value)
{
	static const char *const choices[] = {
		[CGROUP_HOST] = "host", [CGROUP_CONTAINER] = "container", [CGROUP_OWN] = "session"};

	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (strcmp(value, choices[i]) == 0) {
			options->cgroup = (enum cgroup_choice)i;
			return 0;
		}
	return complain(NULL, "--cgroup %s: expected host, container or session", value);
}

static int set_source(struct options *options, const char *value)
{
	options->container_environment = strcmp(value, "container") == 0;
	if (options->container_environment || strcmp(value, "none") == 0)
		return 0;
	return complain(NULL, "--env-from %s: expected none or container", value);
}

static int set_namespaces(struct options *options, const char *value)
{
	struct err err = {0};

	return ns_parse(value, &options->namespaces, &err) < 0 ? complain("--ns", "%s", err.text) : 0;
}

static int set_value(struct options *options, int option, char *value)
{
	switch (option) {
	case 'u':
		options->user = value;
		return 0;
	case OPTION_TOOLS:
		options->tools = value;
		return *value ? 0 : complain(NULL, "--tools: no tree is named");
	case OPTION_NS:
		return set_namespaces(options, value);
	case OPTION_PROFILE:
		return set_profile(options, value);
	case OPTION_CAP_ADD:
		return add_value(&options->cap_add, "--cap-add", value);
	case OPTION_CAP_DROP:
		return add_value(&options->cap_drop, "--cap-drop", value);
	case OPTION_CGROUP:
		return set_cgroup(options, value);
	case 'e':
		return add_value(&options->environment, "--env", value);
	case 'w':
		options->workdir = value;
		return *value == '/' ? 0 : complain(NULL, "--workdir %s: an absolute path is needed", value);
	default:
		return set_source(options, value);
	}
}

static int set_terminal(struct options *options, enum terminal_wish wish)
{
	if (options->terminal != TERMINAL_AUTO && options->terminal != wish)
		return complain(NULL, "-t and -T exclude each other");
	options->terminal = wish;
	return 0;
}

static const struct {
	int option;
	enum verb verb;
} verbs[] = {
	{OPTION_ATTACH, VERB_ATTACH},
	{OPTION_DETACH, VERB_DETACH},
	{OPTION_DOCTOR, VERB_DOCTOR},
	{OPTION_GC, VERB_GC},
	{OPTION_LIST, VERB_LIST},
	{OPTION_STATUS, VERB_STATUS},
	{OPTION_VERIFY, VERB_VERIFY},
};

/* What the option makes true. Null: it is another kind of option. */
static bool *find_switch(struct options *options, int option)
{
	switch (option) {
	case OPTION_FORCE:
		return &options->force;
	case OPTION_JSON:
		return &options->json;
	case OPTION_LAZY:
		return &options->lazy;
	case OPTION_PACK:
		return &options->pack;
	case OPTION_PRIVATE:
		return &options->private;
	case OPTION_RM:
		return &options->remove;
	case 'n':
		return &options->dry_run;
	case 'q':
		return &options->quiet;
	case 'v':
		return &options->verbose;
	default:
		return NULL;
	}
}

static int set_flag(struct options *options, int option)
{
	bool *found = find_switch(options, option);

	if (found)
		*found = true;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i].option == option)
			return set_verb(options, verbs[i].verb);
	if (option == 't' || option == 'T')
		return set_terminal(options, option == 't' ? TERMINAL_ALWAYS : TERMINAL_NEVER);
	return 0; /* -i: as it is anyway */
}

/* What getopt_long did not like: a letter, perhaps among others in one word, or a long option. */
static const char *wrong_word(char **argv, char text[64])
{
	if (optopt <= 0 || optopt > 255)
		return argv[optind - 1];
	snprintf(text, 64, "-%c", optopt);
	return text;
}

static int set_option(struct options *options, int option, char *value, char **argv)
{
	char text[64];

	switch (option) {
	case ':':
		return complain(NULL, "%s needs a value: see dbg-inject --help", wrong_word(argv, text));
	case '?':
		return complain(NULL, "%s is not an option, or takes no value: see dbg-inject --help",
			wrong_word(argv, text));
	case 'u':
	case 'w':
	case 'e':
	case OPTION_TOOLS:
	case OPTION_PROFILE:
	case OPTION_CAP_ADD:
	case OPTION_CAP_DROP:
	case OPTION_CGROUP:
	case OPTION_ENV_FROM:
	case OPTION_NS:
		return set_value(options, option, value);
	default:
		return set_flag(options, option);
	}
}

static void take_words(struct options *options, int argc, char **argv, int first)
{
	options->containers = argv + first;
	options->container_count = argc - first;
	options->command = argv + argc;
	if (options->verb != VERB_RUN || options->container_count == 0)
		return;
	options->container_count = 1;
	options->command = argv + first + 1;
	if (*options->command && strcmp(*options->command, "--") == 0)
		options->command++;
}

void options_free(struct options *options)
{
	free(options->environment.list);
	free(options->cap_add.list);
	free(options->cap_drop.list);
}

int options_read(int argc, char **argv, struct options *ret)
{
	struct options options = {.verb = VERB_RUN};
	int option, status;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:nvqhViTtu:w:e:", long_options, NULL)) != -1) {
		if (option == 'h' || option == 'V') {
			fputs(option == 'h' ? options_help : "dbg-inject " VERSION "\n", stdout);
			options_free(&options);
			ret->verb = VERB_DONE;
			return 0;
		}
		status = set_option(&options, option, optarg, argv);
		if (status) {
			options_free(&options);
			return status;
		}
	}
	take_words(&options, argc, argv, optind);
	status = options_check(&options);
	if (status == 0)
		*ret = options;
	else
		options_free(&options);
	return status;
}
