/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a container's control groups are on hosts of each kind, and moving a process there. */
#include "cgroup.h"
#include "cgroup_session.h"
#include "err.h"
#include "mountinfo.h"
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define V2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define CPU "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define MEMORY "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define SYSTEMD "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
#define UNIFIED "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define TMPFS "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"

/* "POINT PATH; ...", or the error's text. */
static const char *find(const char *membership, const char *table)
{
	static char text[4096];
	cleanup_free char *members = strdup(membership), *mounts = strdup(table);
	struct cgroup_place places[CGROUP_LIMIT];
	struct err err = {0};
	size_t count = 99, used = 0;
	int rc = cgroup_find(members, mounts, places, &count, &err);

	if (rc < 0)
		return count == 99 && err.number == -rc ? strcpy(text, err.text) : "a wrong error";
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s", i ? "; " : "",
			places[i].point, places[i].path);
	return text;
}

static void test_kinds(void)
{
	tap_string(find("0::/machine.slice/libpod-1.scope/container\n", V2),
		"/sys/fs/cgroup machine.slice/libpod-1.scope/container", "version 2");
	tap_string(find("3:cpu,cpuacct:/docker/1\n2:memory:/docker/1\n1:name=systemd:/docker/1\n",
			   TMPFS CPU MEMORY SYSTEMD),
		"/sys/fs/cgroup/cpu,cpuacct docker/1; /sys/fs/cgroup/memory docker/1; /sys/fs/cgroup/systemd "
		"docker/1",
		"version 1");
	tap_string(find("2:memory:/a\n0::/b\n", TMPFS MEMORY UNIFIED),
		"/sys/fs/cgroup/memory a; /sys/fs/cgroup/unified b", "both beside each other");
	tap_string(find("5:pids:/a\n2:memory:/a\n0::/a\n", MEMORY), "/sys/fs/cgroup/memory a",
		"what is not mounted is left out");
	tap_string(find("0::/\n", V2), "/sys/fs/cgroup ", "the root");
	tap_string(find("0::/a:b c\n", V2), "/sys/fs/cgroup a:b c", "a colon in a name");
	tap_string(find("2:memory:/a\n",
			   "1 1 0:1 / /no rw - cgroup cgroup rw,memory_other,name=memory\n" MEMORY),
		"/sys/fs/cgroup/memory a", "a controller is a whole word");
}

static void test_roots(void)
{
	tap_string(find("0::/lab/c\n", "1 1 0:1 /lab /sys/fs/cgroup rw - cgroup2 c rw\n"), "/sys/fs/cgroup c",
		"a mount of a part of it");
	tap_string(find("0::/lab\n", "1 1 0:1 /lab /sys/fs/cgroup rw - cgroup2 c rw\n"), "/sys/fs/cgroup ",
		"that part itself");
	tap_string(find("0::/laboratory/c\n", "1 1 0:1 /lab /part rw - cgroup2 c rw\n" V2),
		"/sys/fs/cgroup laboratory/c", "another part that begins the same");
	tap_string(find("0::/c\n", "1 1 0:1 /lab /part rw - cgroup2 c rw\n"),
		"no control group of the container's is mounted here", "it is not below that part");
	tap_contains(
		find("0::/../other\n", V2), "outside of the cgroup namespace", "outside of our namespace");
	tap_contains(find("2:memory:/a\n0::/..\n", V2 MEMORY), "outside of the cgroup namespace",
		"one of them is enough");
	tap_string(find("0::/..a\n", V2), "/sys/fs/cgroup ..a", "a name that begins with dots");
}

static void test_wrong(void)
{
	char many[CGROUP_LIMIT * 16 + 16] = "";

	tap_contains(find("", V2), "no control group", "no line");
	tap_contains(find("0::/a\n", ""), "no control group", "no mount");
	tap_contains(find("nonsense\n", V2), "a line that is none", "no colon");
	tap_contains(find("0:\n", V2), "a line that is none", "one colon");
	tap_contains(find("0::a\n", V2), "a line that is none", "a path that is not absolute");
	tap_contains(find("::/a\n", V2), "a line that is none", "no number");
	for (int i = 0; i <= CGROUP_LIMIT; i++)
		sprintf(many + strlen(many), "%d:c%d:/\n", i, i);
	tap_contains(find(many, V2), "more than 32", "too many");
}

/* Directories with the files that count. */
static void test_directories(void)
{
	struct scratch scratch;
	cleanup_cgroups struct cgroups cgroups = {.count = 0};
	struct err err = {0};
	char text[32] = "";
	int fd;

	scratch_make(&scratch);
	mkdirat(scratch.fd, "one", 0755);
	cgroups.list[0] = openat(scratch.fd, "one", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cgroups.count = 1;
	tap_number(cgroup_join(&cgroups, 4711, &err), -ENOENT, "no cgroup.procs");
	scratch_file(&scratch, "one/cgroup.procs", 0644, "");
	tap_number(cgroup_join(&cgroups, 4711, &err), 0, "a process joins");
	fd = openat(scratch.fd, "one/cgroup.procs", O_RDONLY | O_CLOEXEC);
	tap_ok(read(fd, text, sizeof(text) - 1) == 4 && strcmp(text, "4711") == 0,
		"by its number, in one piece");
	close(fd);
	tap_number(cgroup_check_thawed(&cgroups, &err), 0, "nothing says that it is frozen");
	scratch_file(&scratch, "one/cgroup.events", 0644, "populated 1\nfrozen 0\n");
	scratch_file(&scratch, "one/freezer.state", 0644, "THAWED\n");
	tap_number(cgroup_check_thawed(&cgroups, &err), 0, "it is not");
	scratch_file(&scratch, "one/cgroup.events", 0644, "populated 1\nfrozen 1\n");
	tap_number(cgroup_check_thawed(&cgroups, &err), -EAGAIN, "it is, version 2");
	scratch_file(&scratch, "one/cgroup.events", 0644, "frozen 0\n");
	scratch_file(&scratch, "one/freezer.state", 0644, "FREEZING\n");
	tap_number(cgroup_check_thawed(&cgroups, &err), -EAGAIN, "it is about to be, version 1");
	scratch_file(&scratch, "one/freezer.state", 0644, "FROZEN\n");
	tap_number(cgroup_check_thawed(&cgroups, &err), -EAGAIN, "it is, version 1");
	scratch_remove(&scratch);
}

static void test_parents(void)
{
	static const struct {
		const char *path;
		ssize_t wanted;
	} table[] = {
		{"", -1},
		{"docker/abc", 6},
		{"abc", 0},
		{"machine.slice/libpod-abc.scope/container", 13},
		{"machine.slice/libpod-abc.scope/container/init.scope", 13},
		{"kubepods.slice/kubepods-pod1.slice/crio-abc.scope", 34},
		{"some/where/else", 10},
		{"other", 0},
		{"abc/abc", 0},
		{"one/", 3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		tap_number(cgroup_session_parent(table[i].path, "abc"), table[i].wanted, "the parent in '%s'",
			table[i].path);
}

/* What a record names is removed only if it is a group of ours. */
static void test_remove_path(void)
{
	static const char *const wrong[] = {"", "/", "oci-crashcart-1", "/sys/fs/cgroup/other",
		"/tmp/oci-crashcart-1", "/oci-crashcart-1", NULL};
	struct err err = {0};

	for (size_t i = 0; wrong[i]; i++)
		tap_number(cgroup_session_remove_path(wrong[i], true, &err), -EINVAL, "not removed: '%s'",
			wrong[i]);
	tap_number(cgroup_session_remove_path("/no/such/oci-crashcart-1", true, &err), 0,
		"what is not there is gone");
}

int main(void)
{
	test_parents();
	test_remove_path();
	test_kinds();
	test_roots();
	test_wrong();
	test_directories();
	return tap_done();
}
