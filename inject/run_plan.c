/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"
#include "ns.h"
#include "pack.h"
#include "run.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool run_has_tool(int tools, const char *name)
{
	char path[512];
	struct stat st;

	return strlen(name) < 256 && snprintf(path, sizeof(path), "bin/%s", name) > 0 &&
	       fstatat(tools, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
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

int run_plan_make(const struct context *context, const struct meant *meant, const struct packed *packed,
	int tools, struct run_plan *plan, struct err *err)
{
	char *const *command = context->options.command;
	uint64_t bounding_set = 0;
	int rc = ns_differing(meant->target.proc, &plan->namespaces, err);

	if (rc == 0)
		rc = target_bounding_set(meant->target.proc, &bounding_set, err);
	if (rc < 0)
		return rc;
	plan->container = shown_name(meant->container, plan->name_buffer);
	plan->pid = meant->target.pid;
	plan->pack = packed->program;
	plan->terminal = terminal_is_wanted(context->options.terminal);
	plan->copy_mounts = packed->count || plan->own_tools || caps_has_sys_admin(bounding_set);
	if (!*command)
		return plan_shell(plan, tools, err);
	if (!**command)
		return err_set(err, EINVAL, "an empty command");
	return plan_command(plan, is_of_tools(*command, packed, tools), command, err);
}
