/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"
#include "mnt.h"
#include "ns.h"
#include "pack.h"
#include "run.h"
#include "surroundings.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The container has mounted something on this directory of the tools: what is in it is not known, and not the container's to say. */
static bool is_covered(int tools, const char *name)
{
	struct mnt_identity root, directory;

	return mnt_identify(tools, NULL, &root) == 0 && mnt_identify(tools, name, &directory) == 0 &&
	       directory.mount != root.mount;
}

bool run_has_tool(int tools, const char *name)
{
	char path[512];
	struct stat st;

	if (strlen(name) >= 256 || snprintf(path, sizeof(path), "bin/%s", name) <= 0)
		return false;
	return fstatat(tools, path, &st, AT_SYMLINK_NOFOLLOW) == 0 || is_covered(tools, "bin");
}

static int plan_command(struct run_plan *plan, bool of_tools, char *const *command, struct err *err)
{
	int length = snprintf(
		plan->path, sizeof(plan->path), "%s%s", of_tools ? RUN_TOOLS_BIN "/" : "", command[0]);

	plan->arguments = command;
	return (size_t)length < sizeof(plan->path) ? 0 : err_errno(err, ENAMETOOLONG, "the command");
}

static int plan_shell(struct run_plan *plan, int tools, struct err *err)
{
	static char bash[] = "bash", sh[] = "sh";

	plan->shell[0] = run_has_tool(tools, bash) ? bash : run_has_tool(tools, sh) ? sh : NULL;
	if (!plan->shell[0])
		return err_set(err, ENOENT,
			"the tools tree has no shell, neither bash nor sh: name a command, or build one that "
			"has: "
			"dbg-tools build --preset minimal");
	return plan_command(plan, true, plan->shell, err);
}

/* A name is the tree's tool, if it has one; else the container's PATH decides, inside. */
static bool is_of_tools(const char *command, const struct packed *packed, int tools)
{
	return packed->count || (!strchr(command, '/') && run_has_tool(tools, command));
}

/* The caller's shell. */
static int plan_host_shell(struct run_plan *plan, struct err *err)
{
	static char sh[] = "/bin/sh";
	char *shell = getenv("SHELL");

	plan->shell[0] = shell && shell[0] == '/' ? shell : sh;
	return plan_command(plan, false, plan->shell, err);
}

/*
 * A process with the host's root directory must not be one that the container's processes may trace: by its /proc/PID/root
 * they would have the host's files. They see it where it shares a pid namespace with them, and may trace it with
 * CAP_SYS_PTRACE in its user namespace. Where they see and may trace the host's processes anyway, nothing is lost.
 */
static int check_exposure(
	const struct run_plan *plan, unsigned int differing, uint64_t bounding_set, struct err *err)
{
	bool is_seen = (plan->namespaces & CLONE_NEWPID) || !(differing & CLONE_NEWPID);
	bool is_theirs = (plan->namespaces & CLONE_NEWUSER) ||
			 (!(differing & CLONE_NEWUSER) && caps_has_sys_ptrace(bounding_set));

	if (!is_seen || !is_theirs || !(plan->namespaces & (CLONE_NEWPID | CLONE_NEWUSER)))
		return 0;
	return err_set(err, EPERM,
		"its processes could trace the command, and so reach the host's files: enter mnt as well, or "
		"not %s",
		plan->namespaces & CLONE_NEWPID ? "pid" : "user");
}

static int plan_namespaces(struct run_plan *plan, const struct context *context, const struct meant *meant,
	uint64_t bounding_set, struct err *err)
{
	unsigned int differing, wanted = context->options.namespaces;
	int rc = ns_differing(meant->target.proc, &differing, err);

	if (rc < 0)
		return rc;
	plan->stays = options_stay(&context->options);
	plan->namespaces = wanted ? wanted & differing : differing;
	return plan->stays ? check_exposure(plan, differing, bounding_set, err) : 0;
}

int run_plan_make(const struct context *context, const struct meant *meant, const struct packed *packed,
	int tools, struct run_plan *plan, struct err *err)
{
	char *const *command = context->options.command;
	uint64_t bounding_set = plan->surroundings->privileges.container.bounding_set;
	int rc = plan_namespaces(plan, context, meant, bounding_set, err);
	if (rc < 0)
		return rc;
	plan->container = shown_name(meant->container, plan->name_buffer);
	plan->pid = meant->target.pid;
	plan->pack = packed->program;
	plan->remove = context->options.remove && !packed->count && !plan->own_tools;
	plan->terminal = terminal_is_wanted(context->options.terminal);
	plan->copy_mounts =
		!plan->stays && (packed->count || plan->own_tools || caps_has_sys_admin(bounding_set));
	if (!*command && plan->stays)
		return plan_host_shell(plan, err);
	if (!*command)
		return plan_shell(plan, tools, err);
	if (!**command)
		return err_set(err, EINVAL, "an empty command");
	return plan_command(plan, !plan->stays && is_of_tools(*command, packed, tools), command, err);
}
