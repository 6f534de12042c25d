/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcap-ng has one file, and a function in it, which we do not call, asks for users and groups. In a static program that
 * would bring the C library's name services in, which load whatever nsswitch.conf(5) names. So these find nobody.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>

struct passwd *getpwuid(uid_t uid)
{
	(void)uid;
	errno = ENOSYS;
	return NULL;
}

int initgroups(const char *user, gid_t group)
{
	(void)user;
	(void)group;
	errno = ENOSYS;
	return -1;
}
