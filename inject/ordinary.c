/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-inject of an ordinary user: what is configured, and podman's namespaces, in which that user is root. */
#include "ordinary.h"

#include "inject.h"
#include "login.h"
#include "path.h"
#include "rootless.h"
#include "rootless_users.h"
#include "runtimes.h"
#include "userns.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define HINT "containers of root's and of other users' take root"

/* Below what the environment says, if that is absolute, else below this directory of the user's home. */
static char *own_path(const char *variable, const char *in_home, const char *name)
{
	const char *base = getenv(variable), *home = getenv("HOME");

	if (base && base[0] == '/')
		return util_printf("%s/%s", base, name);
	return home && home[0] == '/' ? util_printf("%s/%s/%s", home, in_home, name) : NULL;
}

static void take_path(char *setting, size_t size, const char *path)
{
	if (path && strlen(path) < size)
		memcpy(setting, path, strlen(path) + 1);
}

uid_t ordinary_user(void)
{
	uid_t user = geteuid();

	(void)userns_is_rootless(&user);
	return user;
}

int ordinary_configure(struct policy *policy, struct err *err)
{
	cleanup_free char *tools = own_path("XDG_DATA_HOME", ".local/share", "oci-crashcart/tools");
	cleanup_free char *cache = own_path("XDG_CACHE_HOME", ".cache", "oci-crashcart");
	cleanup_free char *file = own_path("XDG_CONFIG_HOME", ".config", "oci-crashcart/crashcart.conf");

	if (tools && access(tools, F_OK) == 0)
		take_path(policy->tools, sizeof(policy->tools), tools);
	take_path(policy->pack_cache, sizeof(policy->pack_cache), cache);
	return file ? policy_read_file(file, policy, err) : 0;
}

int ordinary_check_tools(const char *path, struct err *err)
{
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	struct err why = {0};

	if (fd < 0 || path_check_trusted(fd, path, &why) == 0) /* what is not there is told later */
		return 0;
	return err_set(err, EPERM, "tools tree %s", why.text);
}

static bool can_be_without(const struct options *options)
{
	return options->verb == VERB_LIST || options->verb == VERB_GC ||
	       (options->verb == VERB_DETACH && options->container_count == 0);
}

static int join(const struct context *context)
{
	cleanup_target struct target engine = TARGET_NONE;
	const char *about = *context->options.containers;
	struct err err = {0};

	if (rootless_find(context->runtime_directory, &engine, &err) == 0)
		return rootless_enter(&engine, &err) < 0 ? complain_err(about, &err) : 0;
	return can_be_without(&context->options) ? 0 : complain(about, "%s; " HINT, err.text);
}

int ordinary_join(struct context *context)
{
	uid_t user = ordinary_user();

	if (user == 0)
		return 0;
	context->is_rootless = true;
	context->runtime_directory = rootless_runtime_directory(getenv("XDG_RUNTIME_DIR"), user);
	if (context->runtime_directory)
		context->state_directory = util_printf("%s/" ROOTLESS_STATE, context->runtime_directory);
	if (!context->state_directory)
		return complain(NULL, "%s", strerror(ENOMEM));
	return geteuid() == 0 ? 0 : join(context);
}

int ordinary_hint(const struct context *context, struct err *err)
{
	struct err plain = *err;

	if (!context->is_rootless || err->number != ENOENT)
		return -err->number;
	return err_set(err, ENOENT, "%s; " HINT, plain.text);
}

void ordinary_collect(const struct context *context, const char *id, struct known_list *known)
{
	if (context->is_rootless)
		runtimes_collect_below(context->runtime_directory, id, known);
	else if (geteuid() == 0)
		rootless_users_collect(known, id);
}

/* Two calls instead of fifteen, for most containers. */
static bool has_own_user_namespace(pid_t pid)
{
	static char own[64];
	static ssize_t own_length;
	char path[32], its[64];
	ssize_t its_length;

	if (own_length <= 0)
		own_length = readlink("/proc/self/ns/user", own, sizeof(own));
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	its_length = readlink(path, its, sizeof(its));
	return its_length <= 0 || its_length != own_length || memcmp(its, own, (size_t)own_length) != 0;
}

const char *ordinary_owner(const struct known *container, char text[64])
{
	const struct record *record = &container->record;
	cleanup_target struct target target = TARGET_NONE;
	uid_t uid = 0;

	if (!has_own_user_namespace(record->pid))
		return NULL;
	if (target_open(record->pid, record->start_time, &target, ERR_IGNORED) < 0 ||
		userns_owner(target.proc, &uid, ERR_IGNORED) < 0 || uid == 0)
		return NULL;
	login_name(uid, text, 64);
	return text;
}
