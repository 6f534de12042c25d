/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dpkg's databases, also those of distroless images, and what hostile ones can do: nothing outside is read or written. */
#include "io.h"
#include "packages_fixture.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define INFO "root/var/lib/dpkg/info/"
#define CONTROL "root/var/lib/dpkg/status.d/"
#define SUM "0123456789abcdef0123456789abcdef  "

static void test_none(void)
{
	directory("root/etc");
	tap_number(files_of("bash"), -ENOENT, "a root without a database has no package");
	tap_contains(
		err.text, "package bash: no package database (dpkg, rpm or apk) is in /tmp/", "it is said");
	tap_string(owner_of("/bin/bash"), "", "nobody owns its files");
}

static void make_dpkg(void)
{
	directory("root/var/lib/dpkg/info");
	file("root/var/lib/dpkg/status",
		"Package: bash\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\n"
		"Multi-Arch: foreign\nVersion: 5.2.15-2+b7\nDescription: shell\n Package: spoof\n\n"
		"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: "
		"same\nVersion: 1:2.36~x\n\n"
		"Package: libc6\nStatus: install ok installed\nArchitecture: i386\nMulti-Arch: "
		"same\nVersion: 1:2.36~x\n\n"
		"Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\n"
		"Package: meta\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n\n"
		"Package: odd\nStatus: install ok installed\nArchitecture: all\nVersion: a b\n\n"
		"Package: lost\nStatus: install ok installed\nArchitecture: all\nVersion: 3\n\n"
		"Package: late\nStatus: install ok unpacked\nArchitecture: all\nVersion: 4");
	file(INFO "bash.list", "/.\n/bin\n/bin/bash\n/etc\n/etc/bash.bashrc\n/usr/bin/bashbug\n");
	file(INFO "libc6:amd64.list", "/.\n/usr/lib/x86_64-linux-gnu/libc.so.6\n/shared\n");
	file(INFO "libc6:i386.list", "/.\n/usr/lib/i386-linux-gnu/libc.so.6\n/shared\n");
	file(INFO "gone.list", "/etc/gone.conf\n");
	file(INFO "meta.list", "");
	file(INFO "odd.list", "/odd");
	file(INFO "late.list", "/late\n/bin/bash");
}

static void test_dpkg_files(void)
{
	tap_number(files_of("bash"), 0, "a package of dpkg's has files");
	tap_string(
		joined(), "/bin /bin/bash /etc /etc/bash.bashrc /usr/bin/bashbug ", "all of them, in order");
	tap_number(files_of("libc6:i386"), 0, "one of an architecture, too");
	tap_string(joined(), "/usr/lib/i386-linux-gnu/libc.so.6 /shared ", "its own");
	tap_number(files_of("libc6"), 0, "without an architecture");
	tap_string(joined(), "/usr/lib/x86_64-linux-gnu/libc.so.6 /shared ", "the first counts");
	tap_number(
		files_of("bash:amd64"), 0, "an architecture may be said where it is not in the list's name");
	tap_number(files_of("bash:i386"), -ENOENT, "and has to be right");
	tap_number(files_of("meta"), 0, "a package without files is one");
	tap_number((int64_t)files.count, 0, "it has none");
	tap_number(files_of("late"), 0, "one that is unpacked is one, at the end without a newline");
	tap_number(files_of("gone"), -ENOENT, "one that was removed is none");
	tap_contains(err.text, "package gone is not installed in /tmp/", "it is said");
	tap_number(files_of("spoof"), -ENOENT, "nor is one in a description");
	tap_number(files_of("lost"), -ENOENT, "one whose list is missing is an error");
	tap_contains(err.text, "package lost: open /var/lib/dpkg/info/lost", "that names the list");
}

static void test_names(void)
{
	static const char *const wrong[] = {"", "-x", "--root=/", "../bash", "a/b", "a b", "a\n", ".", "..",
		"a*", "$x", "+a", ":a", "a%s", "\xc3\xa9"};
	char longest[300];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		tap_number(files_of(wrong[i]), -EINVAL, "'%s' is not the name of a package", wrong[i]);
	tap_number(files_of(longest), -EINVAL, "nor is one of 299 letters");
	longest[200] = '\0';
	tap_number(files_of(longest), -ENOENT, "200 are a name");
	tap_number(files_of("libstdc++6"), -ENOENT, "so is libstdc++6");
}

static void test_dpkg_owners(void)
{
	static const char *const paths[] = {
		"/etc/bash.bashrc", "/nobody", "/usr/bin/bashbug", "/etc/bash.bashrc"};

	open_packages();
	tap_number(packages_owners(packages, paths, 4, owners, &err), 0, "owners of many paths at once");
	tap_string(owners[0].name, "bash", "the first");
	tap_string(owners[0].version, "5.2.15-2+b7", "and its version");
	tap_ok(!owners[1].name && !owners[1].version, "nobody");
	tap_string(owners[2].name, "bash", "the third");
	tap_string(owners[3].name, "bash", "a path that is asked for twice");
	forget_owners();
	tap_number(packages_owners(packages, NULL, 0, NULL, &err), 0, "none at all");
	tap_string(owner_of("/shared"), "libc6 1:2.36~x", "the first package owns what two have");
	tap_string(owner_of("/usr/lib/i386-linux-gnu/libc.so.6"), "libc6 1:2.36~x", "another architecture's");
	tap_string(owner_of("/etc/gone.conf"), "", "what a removed package left is nobody's");
	tap_string(owner_of("/odd"), "odd", "a version that is none is left out");
	tap_string(owner_of("/late"), "late 4", "a last line without a newline counts");
	tap_string(owner_of("/bin/bas"), "", "a part of a name is no name");
	tap_string(owner_of(""), "", "nor is nothing");
}

static void test_merged(void)
{
	directory("root/usr/bin");
	directory("root/usr/lib");
	tap_string(owner_of("/usr/bin/bash"), "", "/usr/bin/bash is not /bin/bash");
	tap_string(owner_of("/bin/bashbug"), "", "nor the other way round");
	link_to("usr/bin", "root/bin");
	link_to("/usr/lib", "root/lib");
	tap_string(owner_of("/usr/bin/bash"), "bash 5.2.15-2+b7", "but where /bin is a link to usr/bin");
	tap_string(owner_of("/bin/bash"), "bash 5.2.15-2+b7", "both");
	tap_string(owner_of("/bin/bashbug"), "bash 5.2.15-2+b7", "and the other way round");
	tap_string(
		owner_of("/lib/x86_64-linux-gnu/libc.so.6"), "libc6 1:2.36~x", "also with an absolute link");
	tap_string(owner_of("/binary"), "", "a directory is compared whole");
}

/* A line of more than a megabyte, NULs, ways out of the root. What is good beside it is read. */
static void make_hostile(void)
{
	static const char nul[] = "/a\0/etc/shadow\n/good\n\0\n/b\0";
	enum { HUGE_LINE = 3 << 20 };
	char *huge = malloc(HUGE_LINE);

	if (!huge)
		abort();
	memset(huge, 'x', HUGE_LINE);
	huge[0] = '/';
	memcpy(huge + HUGE_LINE - 7, "\n/good\n", 7);
	bytes(INFO "huge.list", huge, HUGE_LINE);
	free(huge);
	bytes(INFO "nul.list", nul, sizeof(nul) - 1);
	file(INFO "dots.list",
		"/../etc/shadow\n/a/../../etc/shadow\n../x\nbin/x\n/./x\n//x\n/x/\n/x/..\n\n/good\n");
	file("secret", "/secret\n");
	link_to("../../../../../secret", INFO "leaves.list");
	link_to(scratch_path(&scratch, "secret"), INFO "absolute.list");
	link_to("round.list", INFO "round.list");
	directory(INFO "directory.list");
	if (mkfifoat(scratch.fd, INFO "fifo.list", 0644) < 0)
		abort();
}

static void make_hostile_status(void)
{
	static const char *const names[] = {"huge", "nul", "dots", "leaves", "absolute", "round", "directory",
		"fifo", "../../../../../secret", "--root", "a/b"};
	char text[4096] = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"Package: %s\nStatus: install ok installed\nArchitecture: ../all\n\nPackage: "
			"%s\nVersion: 1\n\n",
			names[i], names[i]);
	file("root/var/lib/dpkg/status", text);
}

static void ask_fifo(void)
{
	if (files_of("fifo") != -EINVAL || owner_of("/secret")[0])
		abort();
}

static void test_hostile(void)
{
	static const char *const good[] = {"huge", "nul", "dots"};
	static const char *const gone[] = {"leaves", "absolute"};

	make_hostile();
	make_hostile_status();
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		tap_number(files_of(good[i]), 0, "%s: the list is read", good[i]);
		tap_string(joined(), "/good ", "%s: what is good in it is believed", good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(gone); i++) {
		tap_number(files_of(gone[i]), -ENOENT, "%s: a link out of the root leads nowhere", gone[i]);
		tap_contains(err.text, gone[i], "%s: it is named", gone[i]);
	}
	tap_number(files_of("round"), -ELOOP, "a link to itself");
	tap_number(files_of("directory"), -EINVAL, "a directory in place of a list");
	tap_survives(ask_fifo, "a FIFO holds nobody up");
	tap_string(owner_of("/secret"), "", "nothing outside is read");
	tap_string(owner_of("/good"), "huge 1", "owners are found beside all that");
}

static void test_large(void)
{
	struct stat st;
	cleanup_fd int fd = openat(scratch.fd, INFO "huge.list", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 1L << 40) < 0 || fstat(fd, &st) < 0)
		abort();
	tap_number(files_of("huge"), -EFBIG, "a list that is too large is not read");
	tap_string(owner_of("/good"), "nul 1", "owners are found beside it");
	if (truncate(scratch_path(&scratch, "root/var/lib/dpkg/status"), 1L << 40) < 0)
		abort();
	tap_number(files_of("nul"), -EFBIG, "a status that is too large is not read");
	tap_contains(err.text, "package nul: /var/lib/dpkg/status: larger than", "it is named");
	tap_string(owner_of("/good"), "", "nobody owns anything then");
	unlinkat(scratch.fd, "root/var/lib/dpkg/status", 0);
	link_to("/etc/passwd", "root/var/lib/dpkg/status");
	tap_number(files_of("root"), -ENOENT, "a status that is a link out of the root is none");
}

static void test_many_files(void)
{
	enum { COUNT = PACKAGE_FILE_LIMIT + 1 };
	char *text = malloc(2 * COUNT + COUNT);

	if (!text)
		abort();
	for (size_t i = 0; i < COUNT; i++)
		memcpy(text + 3 * i, "/x\n", 3);
	bytes(INFO "nul.list", text, 3 * COUNT);
	free(text);
	unlinkat(scratch.fd, "root/var/lib/dpkg/status", 0);
	file("root/var/lib/dpkg/status", "Package: nul\n");
	tap_number(files_of("nul"), -E2BIG, "a package of too many files is refused");
	unlinkat(scratch.fd, "root/var/lib/dpkg/status", 0);
}

static void test_distroless(void)
{
	directory("root/var/lib/dpkg/status.d");
	file(CONTROL "tzdata", "Package: tzdata\nArchitecture: all\nVersion: 2024a-0\n");
	file(CONTROL "tzdata.md5sums",
		SUM "usr/share/zoneinfo/UTC\n" SUM "./usr/sbin/tzconfig\n" SUM "../x\n");
	file(CONTROL "base", "Package: base-files\nArchitecture: amd64\nVersion: 12\n");
	file(CONTROL "base.md5sums", SUM "etc/a\n");
	link_to("../../../../../secret", CONTROL "link");
	link_to("tzdata", CONTROL "z.md5sums");
	directory(CONTROL "d");
	tap_number(files_of("tzdata"), 0, "a distroless image has packages");
	tap_string(joined(), "/usr/share/zoneinfo/UTC /usr/sbin/tzconfig ", "and their files");
	tap_string(owner_of("/usr/share/zoneinfo/UTC"), "tzdata 2024a-0", "and owners");
	tap_string(owner_of("/etc/a"), "base-files 12", "by the name inside");
	tap_number(files_of("base-files"), 0, "which is the one to ask for");
	tap_number(files_of("nothing"), -ENOENT, "no such package");
	file("root/var/lib/dpkg/status", "Package: both\nVersion: 1\n");
	file(INFO "both.list", "/etc/a\n");
	tap_string(owner_of("/etc/a"), "both 1", "dpkg's own list comes first");
	tap_string(owner_of("/usr/share/zoneinfo/UTC"), "tzdata 2024a-0", "and both are looked at");
}

static void test_cancel(void)
{
	const char *path = "/etc/a";
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 || write(ends[1], "x", 1) != 1)
		abort();
	packages_close(&packages);
	if (packages_open(&root, ends[0], &packages, &err) < 0)
		abort();
	tap_number(packages_files(packages, "both", &files, &err), -ECANCELED, "who stops it is heard");
	tap_number(packages_owners(packages, &path, 1, owners, &err), -ECANCELED, "in either case");
	tap_ok(!owners[0].name, "nothing is given");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	scratch_make(&scratch);
	test_none();
	make_dpkg();
	test_dpkg_files();
	test_names();
	test_dpkg_owners();
	test_merged();
	test_hostile();
	test_large();
	test_many_files();
	test_distroless();
	test_cancel();
	end_packages();
	return tap_done();
}
