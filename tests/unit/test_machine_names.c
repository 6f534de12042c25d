/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of LXC containers and systemd-nspawn machines. */
#include "machine_names.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static void unit(const char *text, const char *wanted)
{
	char name[MACHINE_NAME_SIZE];

	tap_string(machine_of_unit(text, name) ? name : NULL, wanted, "the machine of %.60s", text);
}

static void lxc(const char *text, const char *wanted)
{
	char name[MACHINE_NAME_SIZE];

	tap_string(machine_of_lxc(text, name) ? name : NULL, wanted, "the container of %.60s", text);
}

static void test_names(void)
{
	char longer[200];

	unit("machine-web.scope", "web");
	unit("machine-my\\x2dweb.scope", "my-web");
	unit("machine-my-web.scope", NULL);
	unit("systemd-nspawn@web.service", "web");
	unit("systemd-nspawn@my-web.service", "my-web");
	unit("systemd-nspawn@my\\x2dweb.service", "my-web");
	unit("systemd-nspawn@.service", NULL);
	unit("machine-.scope", NULL);
	unit("machine-\\x00.scope", NULL);
	unit("machine-\\x2.scope", NULL);
	unit("machine-\\.scope", NULL);
	unit("libpod-0123.scope", NULL);
	unit("machine.slice", NULL);
	unit("", NULL);
	lxc("lxc.payload.web", "web");
	lxc("lxc.payload.", NULL);
	lxc("lxc.monitor.web", NULL);
	lxc("lxc", NULL);
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "lxc.payload.", 12);
	longer[sizeof(longer) - 1] = '\0';
	lxc(longer, NULL);
}

static bool parse(const char *text, struct machine_file *ret)
{
	char *exact = tap_exact(text, strlen(text));
	bool good = machine_parse(exact, strlen(text), ret);

	free(exact);
	return good;
}

static void test_file(void)
{
	struct machine_file file = {.leader = -1};

	tap_ok(parse("# comment\nNAME=web\nSCOPE=machine-web.scope\nSERVICE=systemd-nspawn\nLEADER=4242\n",
		       &file),
		"a file of systemd-machined's");
	tap_number(file.leader, 4242, "leader");
	tap_string(file.unit, "machine-web.scope", "unit");
	tap_ok(file.nspawn, "of systemd-nspawn");
	tap_ok(parse("SERVICE=libvirt-qemu\nLEADER=4242", &file), "another, without a last newline");
	tap_ok(!file.nspawn && !file.unit[0], "not of systemd-nspawn, and of no unit");
	tap_ok(!parse("NAME=web\n", &file), "no leader");
	tap_ok(!parse("LEADER=1\n", &file), "the host's first process is none");
	tap_ok(!parse("LEADER=-5\n", &file), "a number below zero");
	tap_ok(!parse("LEADER=12x\n", &file), "no number");
	tap_ok(!parse("XLEADER=12\n", &file), "another key");
	tap_ok(!parse("LEADER=99999999999999\n", &file), "a number that is too large");
	tap_ok(!parse("", &file), "an empty file");
	tap_number(file.leader, 4242, "nothing was taken of those");
}

int main(void)
{
	test_names();
	test_file();
	tap_ok(machine_is_member("0::/machine.slice/machine-a.scope\n", "machine-a.scope"), "in its unit");
	tap_ok(machine_is_member("0::/machine.slice/machine-a.scope/x\n", "machine-a.scope"),
		"below its unit");
	tap_ok(!machine_is_member("0::/machine.slice/machine-a.scope2/x\n", "machine-a.scope"), "another's");
	tap_ok(!machine_is_member("0::/machine.slice/machine-aa.scope/x\n", "a.scope"), "a part of a name");
	tap_ok(!machine_is_member("0::/\n", "machine-a.scope"), "nobody's");
	tap_ok(!machine_is_member("", ""), "no unit");
	return tap_done();
}
