/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "become.h"

#include "caps.h"
#include "err.h"
#include "seccomp.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

/* While we still may: both need CAP_SETGID. */
static int become_groups(const struct identity *identity, struct err *err)
{
	if (identity->group_count && setgroups(identity->group_count, identity->groups) < 0)
		return err_errno(err, errno, "take the supplementary groups%s",
			errno == EPERM ? ", which the container's user namespace denies" : "");
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return err_errno(
			err, errno, "become group %u of the container's user namespace", identity->gid);
	return 0;
}

/* Root keeps its permitted set over this; another keeps it only where that is asked for, until the next exec. */
static int become_user(const struct identity *identity, struct err *err)
{
	uid_t uid = identity->uid;

	if (uid != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_errno(err, errno, "keep the capabilities");
	if (setresuid(uid, uid, uid) < 0)
		return err_errno(err, errno, "become user %u of the container's user namespace", uid);
	/* A change of credentials makes a process dumpable again, as /proc/sys/fs/suid_dumpable says: no moment for the
	 * container's processes of the same user. By now it has more capabilities than they, so they may not trace it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(err, errno, "forbid tracing");
	return 0;
}

/*
 * Only CAP_SYS_ADMIN is left beside what IDENTITY has, not in the bounding set, and only until the next step: a filter that
 * answers a system call without doing it (SCMP_ACT_ERRNO, errnoRet 0) leaves nothing behind that an exec would not take.
 */
static int take_filter(const struct identity *identity, struct err *err)
{
	int rc = caps_set_with_sys_admin(identity->capabilities, err);

	return rc == 0 ? seccomp_apply(identity->filter, err) : rc;
}

int become(const struct identity *identity, struct err *err)
{
	int rc = become_groups(identity, err);

	if (rc == 0)
		rc = caps_bound(identity->bounding_set, err); /* which nobody but root may */
	if (rc == 0)
		rc = become_user(identity, err);
	if (rc == 0 && identity->filter && !identity->no_new_privs)
		rc = take_filter(identity, err);
	if (rc == 0)
		rc = caps_set(identity->capabilities, identity->uid != 0, err);
	if (rc == 0 && identity->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, errno, "set no_new_privs");
	return rc;
}
