/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users of a root file system, hostile files in it, and maps of user namespaces. */
#include "err.h"
#include "foreign.h"
#include "tap.h"
#include "user.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct scratch root;

/* "uid:gid groups home", or the error. */
static const char *find(const char *spec)
{
	static char text[2048];
	struct user user = {.uid = 99};
	struct err err = {0};
	int rc = user_find(root.fd, spec, &user, &err), used;

	if (rc < 0)
		return err.number == -rc && user.uid == 99 ? strcpy(text, err.text) : "a wrong error";
	used = snprintf(text, sizeof(text), "%u:%u ", user.uid, user.gid);
	for (size_t i = 0; i < user.groups.count; i++)
		used += snprintf(
			text + used, sizeof(text) - (size_t)used, "%s%u", i ? "," : "", user.groups.list[i]);
	snprintf(text + used, sizeof(text) - (size_t)used, " %s", user.home);
	return text;
}

static void make_files(void)
{
	scratch_make(&root);
	mkdirat(root.fd, "etc", 0755);
	scratch_file(&root, "etc/passwd", 0644,
		"root:x:0:0::/root:\napp:x:1000:1001::/home/app:\n1234:x:5:5::/:\n");
	scratch_file(&root, "etc/group", 0644, "root:x:0:root\nextra:x:2000:app\nown:x:1001:app\n77:x:78:\n");
}

static void test_specs(void)
{
	tap_string(find("root"), "0:0 0 /root", "root");
	tap_string(find("app"), "1000:1001 1001,2000 /home/app",
		"a name: its group, and those that have it as a member");
	tap_string(find("1000"), "1000:1001 1001,2000 /home/app", "a number that has a name");
	tap_string(find("5000"), "5000:0 0 /", "one that has none");
	tap_string(find("1234"), "1234:0 0 /", "digits are a number, also where a name is the same");
	tap_string(find("app:extra"), "1000:2000 2000 /home/app", "a group that is named is the only one");
	tap_string(find("app:0"), "1000:0 0 /home/app", "by number");
	tap_string(find("5000:6000"), "5000:6000 6000 /", "numbers that no file has");
	tap_string(find("5000:77"), "5000:77 77 /", "digits are a group's number");
	tap_string(find("nobody"), "the container's /etc/passwd has no such user", "an unknown user");
	tap_string(find("app:nobody"), "the container's /etc/group has no such group", "an unknown group");
	tap_string(find(""), "no user is named", "nothing");
	tap_string(find(":extra"), "no user is named", "a group alone");
	tap_string(find("app:"), "no group is named behind the colon", "no group behind the colon");
	tap_contains(find("-1"), "no such user", "a negative number is none");
	tap_contains(find("4294967295"), "no such user", "nor is that which stands for none");
	tap_contains(find("app:4294967295"), "no such group", "of groups, too");
	tap_contains(find("app:extra:more"), "no such group", "two colons");
}

static void test_without_files(void)
{
	unlinkat(root.fd, "etc/group", 0);
	tap_string(find("app"), "1000:1001 1001 /home/app", "without /etc/group");
	tap_string(find("app:extra"), "the container has no /etc/group: name a number", "a group's name");
	unlinkat(root.fd, "etc/passwd", 0);
	tap_string(find("1000"), "1000:0 0 /", "without /etc/passwd");
	tap_string(find("1000:5"), "1000:5 5 /", "and a group");
	tap_string(find("app"), "the container has no /etc/passwd: name a number", "a user's name");
}

/* Whatever it is: an error for who needs it, and none for who names numbers. */
static void refused(const char *why, const char *what)
{
	tap_contains(find("app"), why, "/etc/passwd is %s", what);
	tap_contains(find("1000"), why, "/etc/passwd is %s: a number alone needs it for the group", what);
	tap_string(find("1000:5"), "1000:5 5 /", "/etc/passwd is %s: two numbers need nothing", what);
	unlinkat(root.fd, "etc/passwd", 0);
}

static void test_hostile(void)
{
	struct scratch outside;
	int fd;

	mkfifoat(root.fd, "etc/passwd", 0644);
	refused("not a regular file", "a FIFO");
	(void)!symlinkat("/dev/zero", root.fd, "etc/passwd");
	tap_string(find("app"), "the container has no /etc/passwd: name a number",
		"a link to the host's /dev/zero");
	unlinkat(root.fd, "etc/passwd", 0);
	(void)!symlinkat("passwd", root.fd, "etc/passwd");
	refused("/etc/passwd", "a link to itself");
	fd = openat(root.fd, "etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	tap_ok(ftruncate(fd, PASSWD_SIZE_LIMIT + 1) == 0, "a file of more than 1 MiB");
	close(fd);
	refused("larger than 1048576 bytes", "too large");
	scratch_make(&outside);
	scratch_file(&outside, "passwd", 0644, "app:x:6:6::/:\n");
	(void)!symlinkat(scratch_path(&outside, "passwd"), root.fd, "etc/passwd");
	tap_contains(find("app"), "has no /etc/passwd", "a link out of the root file system");
	scratch_remove(&outside);
	unlinkat(root.fd, "etc/passwd", 0);
	(void)!symlinkat("/etc/../../../own", root.fd, "etc/passwd");
	scratch_file(&root, "own", 0644, "app:x:6:6::/own:\n");
	tap_string(find("app"), "6:6 6 /own", "a link within it");
}

/* Of a FIFO that has a writer, too, nothing is read. */
static void test_foreign(void)
{
	char *text = NULL;
	size_t length = 0;
	struct err err = {0};

	scratch_file(&root, "text", 0644, "some text");
	tap_ok(foreign_read(root.fd, "text", 9, &text, &length, &err) == 0 && length == 9 &&
			!strcmp(text, "some text"),
		"a file at its limit");
	free(text);
	text = NULL;
	tap_ok(foreign_read(root.fd, "text", 8, &text, &length, &err) == -EFBIG && !text, "beyond it");
	tap_ok(foreign_read(root.fd, "none", 8, &text, &length, &err) == -ENOENT && !text, "none");
	tap_ok(foreign_read(root.fd, "etc", 8, &text, &length, &err) == -EINVAL && !text, "a directory");
	tap_ok(foreign_read(root.fd, "text/none", 8, &text, &length, &err) == -ENOTDIR && !text,
		"below a file");
}

static void test_maps(void)
{
	struct user user = {.uid = 65535, .gid = 0, .groups = {.list = {5}, .count = 1}};
	struct err err = {0};
	uid_t outside = 7;

	scratch_file(&root, "uid_map", 0644, "         0     100000      65536\n     70000 5 1\n");
	scratch_file(&root, "gid_map", 0644, "0 200000 5\n");
	tap_ok(user_outside(root.fd, "uid_map", 0, &outside, &err) == 0 && outside == 100000,
		"the first of a range");
	tap_ok(user_outside(root.fd, "uid_map", 65535, &outside, &err) == 0 && outside == 165535, "the last");
	tap_ok(user_outside(root.fd, "uid_map", 70000, &outside, &err) == 0 && outside == 5,
		"of another range");
	outside = 7;
	tap_ok(user_outside(root.fd, "uid_map", 65536, &outside, &err) == -ERANGE && outside == 7, "beyond");
	tap_string(err.text, "user 65536 is not mapped in the container's user namespace", "the message");
	tap_ok(user_check_mapped(root.fd, &user, &err) == -ERANGE,
		"a supplementary group that is not mapped");
	tap_string(err.text, "group 5 is not mapped in the container's user namespace", "is named");
	user.groups.list[0] = 4;
	tap_ok(user_check_mapped(root.fd, &user, &err) == 0, "all are mapped");
}

int main(void)
{
	make_files();
	test_specs();
	test_without_files();
	test_hostile();
	test_foreign();
	test_maps();
	scratch_remove(&root);
	return tap_done();
}
