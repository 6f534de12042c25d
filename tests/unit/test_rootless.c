/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an ordinary user's podman has what it has at run time. */
#include "rootless.h"
#include "tap.h"
#include "util.h"

#include <sys/stat.h>
#include <unistd.h>

static void is_directory(const char *said, const char *wanted)
{
	cleanup_free char *directory = rootless_runtime_directory(said, 4294967294U);

	tap_string(directory, wanted, "XDG_RUNTIME_DIR=%s", said ? said : "(not set)");
}

/* In /tmp anybody can make it, and a link of that name to a directory of the user's. */
static void test_link(void)
{
	cleanup_free char *place = util_printf("/tmp/podman-run-%u", 4294967293U);
	cleanup_free char *directory = NULL;

	tap_ok(symlink("/", place) == 0, "a link to a directory of ours");
	directory = rootless_runtime_directory(NULL, 4294967293U);
	tap_string(directory, "/run/user/4294967293", "it is not followed");
	unlink(place);
	free_keep_errno(&directory);
	tap_ok(mkdir(place, 0700) == 0, "a directory of ours");
	directory = rootless_runtime_directory(NULL, 4294967293U);
	tap_string(directory, place, "it is taken");
	rmdir(place);
}

int main(void)
{
	char *directory = NULL;

	is_directory("/somewhere", "/somewhere");
	is_directory(NULL, "/run/user/4294967294");
	is_directory("", "/run/user/4294967294");
	is_directory("somewhere", "/run/user/4294967294");
	test_link();
	tap_ok(!rootless_within("/somewhere", &directory) && !directory,
		"outside podman's namespaces there is none");
	return tap_done();
}
