/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities by name. What they do, tests with containers show. */
#include "caps.h"
#include "tap.h"

#include <linux/capability.h>
#include <string.h>

static uint64_t of(const char *name)
{
	uint64_t set = 0;

	return caps_from_name(name, &set) ? set : set ? UINT64_MAX : 0;
}

int main(void)
{
	static const char *const wrong[] = {"", "CAP_", "KILLL", "KIL", "CAP_CAP_KILL", "5", "kill ", " kill",
		"kill,chown", "\x1b[31m", "ALLL", NULL};
	uint64_t kill = UINT64_C(1) << CAP_KILL, set = UINT64_C(1) << CAP_CHOWN;
	char text[1024];

	tap_number((int64_t)of("kill"), (int64_t)kill, "kill");
	tap_number((int64_t)of("KILL"), (int64_t)kill, "KILL");
	tap_number((int64_t)of("CAP_KILL"), (int64_t)kill, "CAP_KILL");
	tap_number((int64_t)of("cap_Kill"), (int64_t)kill, "cap_Kill");
	tap_number((int64_t)of("sys_ptrace"), INT64_C(1) << CAP_SYS_PTRACE, "one with an underline");
	tap_number((int64_t)of("ALL"), (int64_t)caps_all(), "ALL");
	tap_number((int64_t)of("all"), (int64_t)caps_all(), "all");
	for (size_t i = 0; wrong[i]; i++)
		tap_number((int64_t)of(wrong[i]), 0, "'%s' is none", *wrong[i] == '\x1b' ? "ESC" : wrong[i]);
	tap_ok(caps_from_name("kill", &set) && set == (kill | UINT64_C(1) << CAP_CHOWN),
		"it is added to what is there");
	tap_ok((caps_all() & 1) && (caps_all() & (caps_all() + 1)) == 0,
		"all are those from 0 to the kernel's last");
	tap_ok((caps_own_bounding_set() & ~caps_all()) == 0, "our own are some of them");
	caps_names(0, text, sizeof(text));
	tap_string(text, "none", "the names of none");
	caps_names(set, text, sizeof(text));
	tap_string(text, "chown,kill", "the names of two");
	return tap_done();
}
