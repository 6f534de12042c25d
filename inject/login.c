/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "login.h"

#include "../tools/run.h"
#include "bounds.h"
#include "err.h"
#include "io.h"
#include "passwd.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_in_file(uid_t uid, struct passwd_user *ret)
{
	cleanup_free char *text = NULL;
	size_t length;

	return io_read_file(AT_FDCWD, "/etc/passwd", PASSWD_SIZE_LIMIT, &text, &length, ERR_IGNORED) == 0 &&
	       passwd_find_user(text, length, NULL, uid, ret, ERR_IGNORED) > 0;
}

/* Users of a directory service: only the C library's own program knows what nsswitch.conf(5) names. */
static bool find_by_service(uid_t uid, struct passwd_user *ret)
{
	cleanup_free char *text = NULL;
	char digits[16];
	const char *const argv[] = {"getent", "passwd", digits, NULL};
	struct run run = {.argv = argv, .directory = -1, .cancel = -1, .seconds = LOGIN_WAIT_SECONDS};
	int status;

	snprintf(digits, sizeof(digits), "%u", uid);
	return run_program(&run, &text, &status, ERR_IGNORED) == 0 && status == 0 && text &&
	       passwd_find_user(text, strlen(text), NULL, uid, ret, ERR_IGNORED) > 0;
}

void login_name(uid_t uid, char *ret, size_t size)
{
	struct passwd_user user;

	if (find_in_file(uid, &user) || find_by_service(uid, &user))
		snprintf(ret, size, "%s", user.name);
	else
		snprintf(ret, size, "%u", uid);
}
