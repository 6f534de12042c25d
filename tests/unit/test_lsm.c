/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels as security modules tell them, and a kernel that has none. */
#include "err.h"
#include "lsm.h"
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static const char *parse(const char *text, size_t length)
{
	static char label[LSM_LABEL_LIMIT];
	char *exact = tap_exact(text, length);
	bool confined = lsm_parse(exact, length, label);

	free(exact);
	return confined ? label : "none";
}

static void test_parse(void)
{
	static const char selinux[] = "system_u:system_r:container_t:s0:c1,c2";
	char longest[LSM_LABEL_LIMIT];

	memset(longest, 'x', sizeof(longest));
	tap_string(parse("containers-default-0.50.1 (enforce)\n", 36), "containers-default-0.50.1",
		"a profile and its mode");
	tap_string(parse("docker-default (complain)\n", 26), "docker-default", "another mode");
	tap_string(parse("/usr/bin/a (b) c (enforce)\n", 27), "/usr/bin/a (b) c",
		"a profile with brackets in its name");
	tap_string(parse("one//&:ns://two (enforce)\n", 26), "one//&:ns://two", "stacked profiles");
	tap_string(parse("unconfined\n", 11), "none", "unconfined");
	tap_string(parse("unconfined_t", 12), "unconfined_t", "what begins like it");
	tap_string(parse(selinux, sizeof(selinux)), selinux, "a context with its NUL");
	tap_string(parse(selinux, sizeof(selinux) - 1), selinux, "and without");
	tap_string(parse("", 0), "none", "nothing");
	tap_string(parse("\n", 1), "none", "an empty line");
	tap_string(parse("\0x", 2), "none", "a NUL first");
	tap_string(parse(")", 1), ")", "a bracket alone");
	tap_string(parse(" (x)", 4), "none", "a mode alone");
	tap_string(parse(longest, sizeof(longest)), "none", "too long for a label");
}

/* Files as those of /proc/PID; a module that is not in use gives no file, or an empty one. */
static void test_read(void)
{
	struct scratch proc;
	struct lsm lsm = {.apparmor = "x"};
	struct err err = {0};

	scratch_make(&proc);
	tap_ok(lsm_read(proc.fd, &lsm, &err) == 0 && !*lsm.apparmor && !*lsm.selinux, "no module");
	mkdirat(proc.fd, "attr", 0755);
	mkdirat(proc.fd, "attr/apparmor", 0755);
	scratch_file(&proc, "attr/apparmor/current", 0644, "mine (enforce)\n");
	tap_ok(lsm_read(proc.fd, &lsm, &err) == 0, "AppArmor");
	tap_string(lsm.apparmor, "mine", "its profile");
	tap_ok(lsm_set_at_exec(&(struct lsm){.selinux = ""}, &err) == 0, "no label: nothing is written");
	scratch_remove(&proc);
}

int main(void)
{
	test_parse();
	test_read();
	return tap_done();
}
