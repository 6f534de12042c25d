/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --dry-run: a plan as text and as JSON. */
#include "inject.h"
#include "json.h"
#include "ns.h"
#include "run.h"
#include "shares.h"
#include "surroundings.h"

#include <stdio.h>
#include <string.h>

static void print_plan(const struct run_plan *plan)
{
	char names[512], safe[512];

	printf("container:     %s, process %d\n", util_escape(safe, sizeof(safe), plan->container),
		plan->pid);
	if (plan->stays)
		printf("attach:        nothing; the command and all its files are the host's\n");
	else if (plan->pack)
		printf("pack:          %s, for this session alone\n",
			util_escape(safe, sizeof(safe), plan->pack));
	else if (plan->own_tools)
		printf("private:       %s, for this session alone\n",
			util_escape(safe, sizeof(safe), plan->own_tools));
	else
		printf("attach:        %s%s\n",
			plan->attach ? util_escape(safe, sizeof(safe), plan->attach)
				     : "nothing, tools are attached",
			plan->move ? ", by a mount moved into the container; or to this session alone, if "
				     "that cannot be"
				   : "");
	ns_names(plan->namespaces, names, sizeof(names));
	printf("namespaces:    %s%s\n", names,
		plan->pack        ? "; of mnt a copy, which alone has the packed tool"
		: plan->own_tools ? "; of mnt a copy, which alone has the tools, and follows the container's"
		: plan->copy_mounts ? "; of mnt a copy, since this container may mount over the tools"
				    : "");
	shares_print(plan->shares, 15);
	surroundings_print(plan->surroundings);
	printf("terminal:      %s\n", plan->terminal ? "one of its own" : "none");
	printf("command:       %s", util_escape(safe, sizeof(safe), plan->path));
	for (char *const *argument = plan->arguments + 1; *argument; argument++)
		printf(" %s", util_escape(safe, sizeof(safe), *argument));
	putchar('\n');
	if (plan->remove)
		puts("afterwards:    detach the tools, unless others use them");
}

static void write_list(struct json_writer *writer, const char *key, char *names)
{
	char *name;

	json_write_array(writer, key);
	while ((name = strsep(&names, ",")))
		json_write_string(writer, NULL, name);
	json_write_end(writer);
}

static int print_plan_json(const struct run_plan *plan)
{
	struct json_writer *writer = json_writer_new(true);
	cleanup_free char *text = NULL;
	struct err err = {0};
	char names[512];

	json_write_object(writer, NULL);
	json_write_string(writer, "container", plan->container);
	json_write_number(writer, "pid", plan->pid);
	json_write_string(writer, "attach", plan->attach);
	json_write_string(writer, "delivery", !plan->attach ? NULL : plan->move ? "move" : "propagation");
	json_write_bool(writer, "host_files", plan->stays);
	json_write_string(writer, "pack", plan->pack);
	json_write_string(writer, "private", plan->own_tools);
	ns_names(plan->namespaces, names, sizeof(names));
	write_list(writer, "namespaces", names);
	shares_write(writer, plan->shares);
	json_write_bool(writer, "copy_mounts", plan->copy_mounts);
	json_write_bool(writer, "detach", plan->remove);
	surroundings_write(writer, plan->surroundings);
	json_write_bool(writer, "terminal", plan->terminal);
	json_write_string(writer, "path", plan->path);
	json_write_array(writer, "command");
	for (char *const *argument = plan->arguments; *argument; argument++)
		json_write_string(writer, NULL, *argument);
	json_write_end(writer);
	json_write_end(writer);
	if (json_writer_finish(writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	fputs(text, stdout);
	return 0;
}

int explain_plan(const struct run_plan *plan, bool json)
{
	if (json)
		return print_plan_json(plan);
	print_plan(plan);
	return 0;
}
