/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "surroundings.h"

#include "foreign.h"
#include "inject.h"
#include "run.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

#define DEFAULT_PATH RUN_TOOLS_BIN ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Without --user, no file of the container's is read: root, whatever they say. */
static int find_user(const struct context *context, const struct meant *meant, bool is_mapped,
	struct user *ret, struct err *err)
{
	const char *spec = context->options.user;
	cleanup_fd int root = FD_NONE;
	int rc;

	strcpy(ret->home, "/");
	if (!spec)
		return 0;
	root = openat(meant->target.proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_errno(err, errno, "open the container's root directory");
	rc = user_find(root, spec, ret, err);
	if (rc == 0 && is_mapped)
		rc = user_check_mapped(meant->target.proc, ret, err);
	return rc < 0 ? err_prefix(err, "--user %s", spec) : 0;
}

/* TERM says how to draw; it is the one thing of the caller's that goes in unasked. */
static int add_terminal(struct environment *environment, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._";
	const char *value = getenv("TERM");

	if (!value || !*value || strlen(value) >= 64 || strspn(value, plain) != strlen(value))
		return 0;
	return environment_set(environment, "TERM", value, err);
}

/* The container's name is for a shell's prompt. */
static int add_own(
	const struct meant *meant, const struct user *user, struct environment *environment, struct err *err)
{
	char buffer[16], name[512];
	int rc = environment_set(environment, "PATH", DEFAULT_PATH, err);

	util_escape(name, sizeof(name), shown_name(meant->container, buffer));
	if (rc == 0)
		rc = environment_set(environment, "HOME", user->home, err);
	if (rc == 0)
		rc = environment_set(environment, "CRASHCART_CONTAINER", name, err);
	return rc == 0 ? add_terminal(environment, err) : rc;
}

/* All of it: the host's programs are run, where the caller would find them. */
static int add_callers(struct environment *environment, struct err *err)
{
	int rc = 0;

	for (char **entry = environ; rc == 0 && *entry; entry++) {
		size_t length = strcspn(*entry, "=");
		cleanup_free char *name = strndup(*entry, length);

		if (!name)
			return err_errno(err, ENOMEM, "environment");
		if (length && (*entry)[length])
			rc = environment_set(environment, name, *entry + length + 1, err);
	}
	return rc;
}

/* What is harmless of the container's, and its PATH behind the tree's. */
static int add_container(const struct meant *meant, struct environment *environment, struct err *err)
{
	cleanup_free char *text = NULL, *both = NULL;
	const char *path = NULL;
	size_t length = 0;
	int rc = foreign_read(meant->target.proc, "environ", ENVIRONMENT_SIZE_LIMIT, &text, &length, err);

	if (rc == 0)
		rc = environment_add_container(environment, text, length, &path, err);
	if (rc == 0 && path && *path) {
		both = util_printf("%s:%s", RUN_TOOLS_BIN, path);
		rc = both ? environment_set(environment, "PATH", both, err)
			  : err_errno(err, ENOMEM, "environment");
	}
	return rc < 0 ? err_prefix(err, "--env-from container") : 0;
}

/* "NAME=VALUE", or "NAME" for what the caller has, which may be nothing. */
static int add_asked(const char *word, struct environment *environment, struct err *err)
{
	size_t length = strcspn(word, "=");
	cleanup_free char *name = strndup(word, length);
	const char *value;

	if (!name)
		return err_errno(err, ENOMEM, "environment");
	if (!length)
		return err_set(err, EINVAL, "--env %s: no name of a variable", word);
	value = word[length] ? word + length + 1 : getenv(name);
	return value ? environment_set(environment, name, value, err) : 0;
}

/* The later ones count: what was asked for by name above all. */
static int make_environment(const struct context *context, const struct meant *meant, const struct user *user,
	struct environment *environment, struct err *err)
{
	const struct values *asked = &context->options.environment;
	int rc = options_stay(&context->options) ? add_callers(environment, err)
						 : add_own(meant, user, environment, err);

	if (rc == 0 && context->options.container_environment)
		rc = add_container(meant, environment, err);
	for (size_t i = 0; rc == 0 && i < asked->count; i++)
		rc = add_asked(asked->list[i], environment, err);
	return rc;
}

/* Before anything else is done: afterwards they are at hand, whatever becomes of the container. */
static int open_cgroups(const struct context *context, const struct meant *meant,
	struct surroundings *surroundings, struct err *err)
{
	int proc = meant->target.proc, rc;

	surroundings->cgroup = context->options.cgroup;
	surroundings->limits = context->policy.session;
	if (surroundings->cgroup == CGROUP_HOST)
		return 0;
	if (surroundings->cgroup == CGROUP_OWN) {
		rc = cgroup_session_open(proc, meant->container->record.id, &surroundings->own, err);
		return rc < 0 ? err_prefix(err, "--cgroup session") : 0;
	}
	rc = cgroup_open(proc, &surroundings->cgroups, err);
	if (rc == 0)
		rc = cgroup_check_thawed(&surroundings->cgroups, err);
	return rc < 0 ? err_prefix(err, "--cgroup container") : 0;
}

int surroundings_join(const struct surroundings *surroundings, pid_t pid, struct err *err)
{
	const char *option = "--cgroup container";
	int rc = cgroup_join(&surroundings->cgroups, pid, err);

	if (rc == 0) {
		option = "--cgroup session";
		rc = cgroup_session_join(&surroundings->own, &surroundings->limits, pid, err);
	}
	if (rc < 0)
		err->number =
			EIO; /* a control group's EOPNOTSUPP is not that of tools, which can be brought otherwise */
	return rc < 0 ? err_prefix(err, "%s", option) : 0;
}

int surroundings_leave(const struct surroundings *surroundings, struct err *err)
{
	if (cgroup_session_remove(&surroundings->own, err) < 0)
		return err_prefix(err, "--cgroup session: --gc tries it again");
	return 0;
}

int surroundings_make(
	const struct context *context, const struct meant *meant, struct surroundings *ret, struct err *err)
{
	unsigned int namespaces = context->options.namespaces;
	int rc;

	ret->is_mapped = !namespaces || (namespaces & CLONE_NEWUSER);
	rc = find_user(context, meant, ret->is_mapped, &ret->user, err);
	if (rc == 0)
		rc = privileges_make(context, meant, ret->user.uid, &ret->privileges, err);
	ret->directory = context->options.workdir;
	if (rc == 0)
		rc = make_environment(context, meant, &ret->user, &ret->environment, err);
	return rc == 0 ? open_cgroups(context, meant, ret, err) : rc;
}

void surroundings_free(struct surroundings *surroundings)
{
	environment_free(&surroundings->environment);
	privileges_free(&surroundings->privileges);
	cgroup_close(&surroundings->cgroups);
	cgroup_session_close(&surroundings->own);
}

struct identity surroundings_identity(const struct surroundings *surroundings)
{
	const struct seccomp_filter *filter = &surroundings->privileges.filter;
	const struct user *user = &surroundings->user;

	return (struct identity){
		.uid = user->uid,
		.gid = user->gid,
		.groups = user->groups.list,
		.group_count = user->groups.count,
		.bounding_set = surroundings->privileges.bounding_set,
		.capabilities = surroundings->privileges.capabilities,
		.no_new_privs = surroundings->privileges.no_new_privs,
		.filter = filter->count ? filter : NULL,
	};
}

int surroundings_give(
	const struct surroundings *surroundings, const struct meant *meant, int fd, struct err *err)
{
	uid_t uid = surroundings->user.uid;
	int rc = surroundings->is_mapped ? user_outside(meant->target.proc, "uid_map", uid, &uid, err) : 0;

	if (rc == 0 && fchown(fd, uid, (gid_t)-1) < 0)
		return err_errno(err, errno, "give a pipe or terminal to user %u", uid);
	return rc;
}
