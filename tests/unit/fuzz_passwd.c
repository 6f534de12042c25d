/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text as /etc/passwd and as /etc/group. */
#include "err.h"
#include "fuzz.h"
#include "passwd.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/passwd", NULL};

static void check(int rc, const struct err *err)
{
	if (rc < 0 ? (err->number != -rc || !err->text[0]) : rc > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct passwd_groups groups;
	const char *text = (const char *)data;
	struct passwd_user user;
	struct err err = {0};
	gid_t gid;
	int rc = passwd_find_user(text, size, NULL, 1000, &user, &err);

	check(rc, &err);
	if (rc == 1 && (user.uid != 1000 || user.home[0] != '/' || !user.name[0]))
		abort();
	rc = passwd_find_user(text, size, "app", 0, &user, &err);
	check(rc, &err);
	if (rc == 1 && strcmp(user.name, "app") != 0)
		abort();
	check(passwd_find_group(text, size, "app", &gid, &err), &err);
	groups.count = 0;
	check(passwd_find_groups(text, size, "app", &groups, &err), &err);
	return 0;
}
