/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --dry-run: what a command finds when it starts. The texts may be a container's. */
#include "caps.h"
#include "json.h"
#include "surroundings.h"
#include "util.h"

#include <inttypes.h>
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

static void print_label(const char *module, const char *label)
{
	char safe[LSM_LABEL_LIMIT];

	if (*label)
		printf("label:         %s, %s\n", module, util_escape(safe, sizeof(safe), label));
}

static void print_filter(const struct privileges *privileges)
{
	bool is_same = strcmp(privileges->profile, "same") == 0;
	char safe[1024];

	if (privileges->filter.count)
		puts("seccomp:       the container's filter");
	else if (*privileges->no_filter)
		printf("seccomp:       no filter: %s\n",
			util_escape(safe, sizeof(safe), privileges->no_filter));
	else if (!privileges->container.has_filter)
		puts("seccomp:       no filter, as the container");
	else
		printf("seccomp:       no filter: %s\n",
			is_same ? "the container's process has made its own"
				: "the container's is for the profile same alone");
}

/* A user's other than root can be fewer than could be gained by a set-id program. */
static void print_privileges(const struct privileges *privileges)
{
	char names[1024];

	printf("profile:       %s\n", privileges->profile);
	caps_names(privileges->capabilities, names, sizeof(names));
	printf("capabilities:  %s; all others are dropped\n", names);
	caps_names(privileges->bounding_set, names, sizeof(names));
	if (privileges->bounding_set != privileges->capabilities)
		printf("bounding set:  %s\n", names);
	printf("no_new_privs:  %s\n", privileges->no_new_privs ? "yes" : "no");
	print_label("AppArmor", privileges->lsm.apparmor);
	print_label("SELinux", privileges->lsm.selinux);
	print_filter(privileges);
}

static const char *const cgroup_words[] = {
	[CGROUP_HOST] = "host", [CGROUP_CONTAINER] = "container", [CGROUP_OWN] = "session"};

static void print_limit(const char *name, uint64_t limit)
{
	if (limit)
		printf(", %s at most %" PRIu64, name, limit);
}

static void print_cgroup(const struct surroundings *surroundings)
{
	char safe[4608];

	if (surroundings->cgroup != CGROUP_OWN) {
		printf("cgroup:        the %s's\n",
			surroundings->cgroup == CGROUP_HOST ? "caller" : "container");
		return;
	}
	printf("cgroup:        one of its own in %s",
		util_escape(safe, sizeof(safe), surroundings->own.list[0].above));
	print_limit("memory", surroundings->limits.memory);
	print_limit("processes", surroundings->limits.processes);
	putchar('\n');
}

void surroundings_print(const struct surroundings *surroundings)
{
	char names[1024];

	print_user(&surroundings->user);
	printf("directory:     %s\n", surroundings->directory
					      ? util_escape(names, sizeof(names), surroundings->directory)
					      : "that of the container's process");
	print_environment(&surroundings->environment);
	print_privileges(&surroundings->privileges);
	print_cgroup(surroundings);
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

static void write_privileges(struct json_writer *writer, const struct privileges *privileges)
{
	json_write_string(writer, "profile", privileges->profile);
	write_capabilities(writer, "capabilities", privileges->capabilities);
	write_capabilities(writer, "bounding_set", privileges->bounding_set);
	json_write_bool(writer, "no_new_privs", privileges->no_new_privs);
	json_write_string(writer, "apparmor", *privileges->lsm.apparmor ? privileges->lsm.apparmor : NULL);
	json_write_string(writer, "selinux", *privileges->lsm.selinux ? privileges->lsm.selinux : NULL);
	json_write_bool(writer, "seccomp", privileges->filter.count != 0);
	json_write_string(writer, "seccomp_missing", *privileges->no_filter ? privileges->no_filter : NULL);
}

void surroundings_write(struct json_writer *writer, const struct surroundings *surroundings)
{
	write_user(writer, &surroundings->user);
	json_write_string(writer, "directory", surroundings->directory);
	json_write_array(writer, "environment");
	for (size_t i = 0; i < surroundings->environment.count; i++)
		json_write_string(writer, NULL, surroundings->environment.list[i]);
	json_write_end(writer);
	write_privileges(writer, &surroundings->privileges);
	json_write_string(writer, "cgroup", cgroup_words[surroundings->cgroup]);
}
