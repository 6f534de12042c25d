/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which options go together. */
#include "inject.h"

#include <sched.h>
#include <string.h>

bool options_stay(const struct options *options)
{
	return options->namespaces && !(options->namespaces & CLONE_NEWNS);
}

/* Whether something is said of how a command is to be run. */
static bool has_surroundings(const struct options *options)
{
	return options->user || options->workdir || options->environment.count ||
	       options->container_environment || options->cgroup != CGROUP_HOST || options->profile ||
	       options->cap_add.count || options->cap_drop.count;
}

/* Without the container's files there are no tools of ours, and no user of the container's. */
static int check_namespaces(const struct options *options)
{
	if (options->namespaces && options->verb != VERB_RUN)
		return complain(NULL, "--ns goes with a command to run");
	if (options_stay(options) && (options->tools || options->pack || options->private || options->remove))
		return complain(NULL, "--tools, --pack, --private and --rm need mnt among the namespaces of "
				      "--ns: without it, the host's own programs are run");
	if (options_stay(options) && (options->user || options->container_environment))
		return complain(
			NULL, "--user and --env-from container need mnt among the namespaces of --ns");
	if (options_stay(options) && ((options->profile && strcmp(options->profile, "full") != 0) ||
					     options->cap_add.count || options->cap_drop.count))
		return complain(NULL, "--profile, --cap-add and --cap-drop need mnt among the namespaces of "
				      "--ns: without it, the command has all capabilities");
	return 0;
}

int options_check(const struct options *options)
{
	enum verb verb = options->verb;

	if ((options->force || options->lazy) && verb != VERB_DETACH)
		return complain(NULL, "--force and --lazy go with --detach");
	if (options->force && options->lazy)
		return complain(NULL, "--force and --lazy exclude each other");
	if (options->tools && verb != VERB_ATTACH && verb != VERB_RUN)
		return complain(NULL, "--tools goes with --attach, or with a command to run");
	if (options->terminal != TERMINAL_AUTO && verb != VERB_RUN)
		return complain(NULL, "-t and -T go with a command to run");
	if (options->pack && (verb != VERB_RUN || !*options->command))
		return complain(NULL, "--pack goes with a command to run");
	if (options->private && verb != VERB_RUN)
		return complain(NULL, "--private goes with a command to run");
	if (options->remove && verb != VERB_RUN)
		return complain(NULL, "--rm goes with a command to run");
	if (options->json && verb != VERB_LIST && verb != VERB_STATUS && verb != VERB_VERIFY &&
		verb != VERB_DOCTOR && !(verb == VERB_RUN && options->dry_run))
		return complain(NULL,
			"--json goes with --list, --status, --verify, --doctor, or --dry-run of a command");
	if (verb == VERB_DOCTOR && options->container_count != 0)
		return complain(NULL, "--doctor takes no container: it is about the node");
	if (verb != VERB_RUN && has_surroundings(options))
		return complain(NULL,
			"--user, --workdir, --env, --env-from, --profile, --cap-add, --cap-drop and "
			"--cgroup go with a command to run");
	if (verb == VERB_RUN && options->container_count == 0)
		return complain(NULL, "no container is named: see dbg-inject --help, or dbg-inject --list");
	if (verb == VERB_ATTACH && options->container_count == 0)
		return complain(NULL, "--attach: no container is named");
	if (verb == VERB_VERIFY && options->container_count == 0)
		return complain(NULL, "--verify: no container is named");
	if (verb == VERB_STATUS && options->container_count != 1)
		return complain(NULL, "--status: it takes one container");
	if ((verb == VERB_LIST || verb == VERB_GC) && options->container_count != 0)
		return complain(NULL, "--%s takes no container", verb == VERB_LIST ? "list" : "gc");
	return check_namespaces(options);
}
