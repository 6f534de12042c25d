/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of namespaces, both ways. */
#include "err.h"
#include "ns.h"
#include "tap.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

static void is_set(const char *names, unsigned int wanted, const char *canonical)
{
	unsigned int set = 0;
	struct err err = {0};
	char text[64];

	tap_number(ns_parse(names, &set, &err), 0, "%s: parsed", names);
	tap_number(set, wanted, "%s: the set", names);
	ns_names(set, text, sizeof(text));
	tap_string(text, canonical, "%s: its names", names);
}

static void is_refused(const char *names)
{
	unsigned int set = 5;
	struct err err = {0};

	tap_number(ns_parse(names, &set, &err), -EINVAL, "refused: '%s'", names);
	tap_number(err.number, EINVAL, "the error says so");
	tap_ok(strstr(err.text, "mnt,net,pid,ipc,uts,cgroup,user,time") != NULL, "and which there are");
	tap_number(set, 5, "the set is untouched");
}

static void test_number(void)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st = {0};

	(void)fstatat(self, "ns/mnt", &st, 0);
	tap_ok(st.st_ino && ns_number(self, "ns/mnt") == st.st_ino, "the number is the inode's");
	tap_ok(ns_own_mount_number() == st.st_ino && ns_mount_number(self) == st.st_ino, "by each name");
	tap_number((int64_t)ns_number(self, "stat"), 0, "what is no link has none");
	tap_number((int64_t)ns_number(self, "cwd"), 0, "nor has a link to something else");
	tap_number((int64_t)ns_number(self, "ns/none"), 0, "nor what is not there");
}

int main(void)
{
	test_number();
	is_set("net", CLONE_NEWNET, "net");
	is_set("pid,net", CLONE_NEWNET | CLONE_NEWPID, "net,pid");
	is_set("mnt,mnt", CLONE_NEWNS, "mnt");
	is_set("time,user,cgroup,uts,ipc,pid,net,mnt",
		CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
			CLONE_NEWUSER | 0x80,
		"mnt,net,pid,ipc,uts,cgroup,user,time");
	is_refused("");
	is_refused(",");
	is_refused("net,");
	is_refused(",net");
	is_refused("net,,pid");
	is_refused("ne");
	is_refused("nets");
	is_refused("NET");
	is_refused("net pid");
	is_refused("a name of more than sixty-four bytes, so that it does not fill the message of the error");
	return tap_done();
}
