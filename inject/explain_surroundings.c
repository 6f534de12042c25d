/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --dry-run: what a command finds when it starts. The texts may be a container's. */
#include "caps.h"
#include "json.h"
#include "surroundings.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

static void print_user(const struct user *user)
{
	char safe[1024];

	printf("user:          %u, group %u", user->uid, user->gid);
	for (size_t i = 0; i < user->groups.count; i++)
		printf("%s%u", i ? "," : "; supplementary groups ", user->groups.list[i]);
	printf("%s; home %s\n", user->groups.count ? "" : "; no supplementary groups",
		util_escape(safe, sizeof(safe), user->home));
}

/* A line each, the first behind the heading. What is long is cut. */
static void print_environment(const struct environment *environment)
{
	char safe[4096];

	for (size_t i = 0; i < environment->count; i++)
		printf("%-15s%s\n",
			i ? "" : "environment:", util_escape(safe, sizeof(safe), environment->list[i]));
}

void surroundings_print(const struct surroundings *surroundings)
{
	char names[1024];

	print_user(&surroundings->user);
	printf("directory:     %s\n", surroundings->directory
					      ? util_escape(names, sizeof(names), surroundings->directory)
					      : "that of the container's process");
	print_environment(&surroundings->environment);
	caps_names(surroundings->capabilities, names, sizeof(names));
	printf("capabilities:  %s; all others are dropped\n", names);
}

static void write_user(struct json_writer *writer, const struct user *user)
{
	json_write_object(writer, "user");
	json_write_number(writer, "uid", user->uid);
	json_write_number(writer, "gid", user->gid);
	json_write_array(writer, "groups");
	for (size_t i = 0; i < user->groups.count; i++)
		json_write_number(writer, NULL, user->groups.list[i]);
	json_write_end(writer);
	json_write_string(writer, "home", user->home);
	json_write_end(writer);
}

static void write_capabilities(struct json_writer *writer, const char *key, uint64_t set)
{
	char names[1024], *rest = names, *name;

	caps_names(set, names, sizeof(names));
	json_write_array(writer, key);
	while (set && (name = strsep(&rest, ",")))
		json_write_string(writer, NULL, name);
	json_write_end(writer);
}

void surroundings_write(struct json_writer *writer, const struct surroundings *surroundings)
{
	write_user(writer, &surroundings->user);
	json_write_string(writer, "directory", surroundings->directory);
	json_write_array(writer, "environment");
	for (size_t i = 0; i < surroundings->environment.count; i++)
		json_write_string(writer, NULL, surroundings->environment.list[i]);
	json_write_end(writer);
	write_capabilities(writer, "capabilities", surroundings->capabilities);
}
