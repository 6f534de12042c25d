/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "user.h"

#include "err.h"
#include "foreign.h"
#include "io.h"
#include "ns.h"
#include "util.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#define PASSWD "/etc/passwd"
#define GROUP "/etc/group"

/* The two sides of "USER:GROUP". */
struct wanted {
	char user[256];
	const char *group; /* null: none was named */
	uid_t uid, gid;
	bool is_uid, is_gid; /* a number was named */
};

static int split(const char *spec, struct wanted *ret, struct err *err)
{
	size_t length = strcspn(spec, ":");

	if (length == 0)
		return err_set(err, EINVAL, "no user is named");
	if (length >= sizeof(ret->user))
		return err_set(err, EINVAL, "a name longer than %zu bytes", sizeof(ret->user) - 1);
	memcpy(ret->user, spec, length);
	ret->user[length] = '\0';
	ret->group = spec[length] ? spec + length + 1 : NULL;
	if (ret->group && !*ret->group)
		return err_set(err, EINVAL, "no group is named behind the colon");
	ret->is_uid = passwd_number(ret->user, &ret->uid);
	ret->is_gid = ret->group && passwd_number(ret->group, &ret->gid);
	return 0;
}

/* A file that is not there is one without a line. *RET_TEXT may be null then. */
static int read_file(int root, const char *path, char **ret_text, size_t *ret_length, struct err *err)
{
	int rc = foreign_read(root, path, PASSWD_SIZE_LIMIT, ret_text, ret_length, err);

	return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
}

static int not_there(const char *file, bool is_there, const char *what, struct err *err)
{
	if (is_there)
		return err_set(err, ENOENT, "the container's %s has no such %s", file, what);
	return err_set(err, ENOENT, "the container has no %s: name a number", file);
}

/* 1: it has an entry; 0: it is a number without. */
static int look_up_user(int root, const struct wanted *wanted, struct passwd_user *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int rc = read_file(root, PASSWD, &text, &length, err);

	if (rc == 0 && text) {
		rc = passwd_find_user(
			text, length, wanted->is_uid ? NULL : wanted->user, wanted->uid, ret, err);
		if (rc < 0)
			return err_prefix(err, PASSWD " in the container");
	}
	return rc != 0 || wanted->is_uid ? rc : not_there(PASSWD, text, "user", err);
}

/* Who names numbers alone needs nothing of the file but a home directory: it may be as bad as it likes. */
static int find_user(int root, const struct wanted *wanted, struct passwd_user *ret, struct err *err)
{
	bool needed = !wanted->is_uid || !wanted->is_gid;
	int rc = look_up_user(root, wanted, ret, needed ? err : ERR_IGNORED);

	return rc < 0 && !needed ? 0 : rc;
}

static int find_group(int root, const struct wanted *wanted, gid_t *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int rc = read_file(root, GROUP, &text, &length, err);

	if (rc == 0 && text) {
		rc = passwd_find_group(text, length, wanted->group, ret, err);
		if (rc < 0)
			return err_prefix(err, GROUP " in the container");
	}
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return not_there(GROUP, text, "group", err);
}

static int find_groups(int root, const char *name, struct passwd_groups *groups, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int rc = read_file(root, GROUP, &text, &length, err);

	if (rc == 0 && text && passwd_find_groups(text, length, name, groups, err) < 0)
		return err_prefix(err, GROUP " in the container");
	return rc;
}

static int complete(int root, const struct wanted *wanted, const struct passwd_user *entry, struct user *user,
	struct err *err)
{
	int rc = 0;

	user->uid = entry ? entry->uid : wanted->uid;
	user->gid = wanted->is_gid ? wanted->gid : entry ? entry->gid : 0;
	snprintf(user->home, sizeof(user->home), "%s", entry ? entry->home : "/");
	if (wanted->group && !wanted->is_gid)
		rc = find_group(root, wanted, &user->gid, err);
	if (rc == 0)
		(void)passwd_add_group(&user->groups, user->gid);
	if (rc == 0 && entry && !wanted->group)
		rc = find_groups(root, entry->name, &user->groups, err);
	return rc;
}

int user_find(int root, const char *spec, struct user *ret, struct err *err)
{
	struct wanted wanted = {0};
	struct passwd_user entry = {0};
	struct user user = {0};
	int rc = split(spec, &wanted, err);

	if (rc == 0)
		rc = find_user(root, &wanted, &entry, err);
	if (rc >= 0)
		rc = complete(root, &wanted, rc ? &entry : NULL, &user, err);
	if (rc == 0)
		*ret = user;
	return rc;
}

/* Of one's own user namespace, the kernel tells what its numbers are in the one around it. */
static bool is_our_namespace(int proc)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self >= 0 && ns_is_same(self, proc, CLONE_NEWUSER);
}

int user_outside(int proc, const char *file, uid_t id, uid_t *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	unsigned int inside, outside, count;
	char *rest, *line;
	int rc = io_read_file(proc, file, 64 << 10, &text, NULL, err);

	if (rc < 0)
		return rc;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
		if (sscanf(line, "%u %u %u", &inside, &outside, &count) != 3 || id < inside ||
			id - inside >= count)
			continue;
		*ret = is_our_namespace(proc) ? id : outside + (id - inside);
		return 0;
	}
	return err_set(err, ERANGE, "%s %u is not mapped in the container's user namespace",
		file[0] == 'u' ? "user" : "group", id);
}

int user_check_mapped(int proc, const struct user *user, struct err *err)
{
	uid_t outside;
	int rc = user_outside(proc, "uid_map", user->uid, &outside, err);

	if (rc == 0)
		rc = user_outside(proc, "gid_map", user->gid, &outside, err);
	for (size_t i = 0; rc == 0 && i < user->groups.count; i++)
		rc = user_outside(proc, "gid_map", user->groups.list[i], &outside, err);
	return rc;
}
