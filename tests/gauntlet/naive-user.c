/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G08-libraries.bats: enters a container's mount namespace, and looks up a user there by the C library.
 *
 *     naive-user PID NAME
 */
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct passwd *user;

	if (argc < 3 || setns((int)syscall(SYS_pidfd_open, atoi(argv[1]), 0), CLONE_NEWNS) < 0)
		return 125;
	user = getpwnam(argv[2]);
	return user && printf("%u\n", user->pw_uid) > 0 ? 0 : 1;
}
