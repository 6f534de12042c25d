/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an ordinary user's podman has what it has at run time. */
#include "rootless.h"
#include "tap.h"

static void is_directory(const char *said, const char *wanted)
{
	cleanup_free char *directory = rootless_runtime_directory(said, 4294967294U);

	tap_string(directory, wanted, "XDG_RUNTIME_DIR=%s", said ? said : "(not set)");
}

int main(void)
{
	char *directory = NULL;

	is_directory("/somewhere", "/somewhere");
	is_directory(NULL, "/run/user/4294967294");
	is_directory("", "/run/user/4294967294");
	is_directory("somewhere", "/run/user/4294967294");
	tap_ok(!rootless_within("/somewhere", &directory) && !directory,
		"outside podman's namespaces there is none");
	return tap_done();
}
