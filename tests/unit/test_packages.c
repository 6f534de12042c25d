/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Package databases, in a root that is made here, and what hostile ones can do: nothing outside is read or written. The program
 * rpm is played by a script.
 */
#include "../../tools/names.h"
#include "err.h"
#include "io.h"
#include "packages.h"
#include "root.h"
#include "tap.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define INFO "root/var/lib/dpkg/info/"
#define CONTROL "root/var/lib/dpkg/status.d/"
#define SUM "0123456789abcdef0123456789abcdef  "

static struct scratch scratch;
static struct root root = {.fd = FD_NONE};
static struct packages *packages;
static struct names files;
static struct package owners[4];
static struct err err;

/* Makes the directory NAME and those above it. */
static void directory(const char *name)
{
	char path[256];

	for (size_t i = 1; i <= strlen(name); i++) {
		if (name[i] != '/' && name[i])
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)i, name);
		if (mkdirat(scratch.fd, path, 0755) < 0 && errno != EEXIST)
			abort();
	}
}

static void file(const char *name, const char *text)
{
	scratch_file(&scratch, name, 0644, text);
}

static void bytes(const char *name, const char *text, size_t length)
{
	cleanup_fd int fd = openat(scratch.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || io_write_all(fd, text, length) < 0)
		abort();
}

static void link_to(const char *target, const char *name)
{
	if (symlinkat(target, scratch.fd, name) < 0)
		abort();
}

static void open_packages(void)
{
	err = (struct err){0};
	if (root.fd < 0 && root_open(scratch_path(&scratch, "root"), &root, &err) < 0)
		abort();
	packages_close(&packages);
	if (packages_open(&root, -1, &packages, &err) < 0)
		abort();
}

/* What packages_files says; the files are in `files`. */
static int files_of(const char *name)
{
	names_free(&files);
	err = (struct err){0};
	open_packages();
	return packages_files(packages, name, &files, &err);
}

/* All files in one text. */
static const char *joined(void)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < files.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", files.item[i]);
	return text;
}

static void forget_owners(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		package_free(&owners[i]);
}

/* "NAME VERSION" of the owner of PATH alone, "NAME" without a version, "" where nobody owns it. */
static const char *owner_of(const char *path)
{
	static char text[512];

	err = (struct err){0};
	open_packages();
	text[0] = '\0';
	if (packages_owners(packages, &path, 1, owners, &err) < 0)
		return err.text;
	if (owners[0].name)
		snprintf(text, sizeof(text), "%s%s%s", owners[0].name, owners[0].version ? " " : "",
			owners[0].version ?: "");
	forget_owners();
	return text;
}

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

static void test_apk(void)
{
	directory("root/usr/lib/apk/db");
	file("root/usr/lib/apk/db/installed",
		"C:Q1=\nP:busybox\nV:1.36.1-r2\nF:bin\nR:busybox\nZ:Q1=\nF:etc\nR:securetty\nF:\nR:top\n\n"
		"P:musl\nV:1.2.4-r1\nF:lib\nR:ld-musl-x86_64.so.1\nR:../../../secret\nF:/x\nR:y\n\n"
		"P:-x\nV:1\nF:bin\nR:dash\n\nR:orphan\nP:meta\nV:1\n");
	tap_number(files_of("busybox"), 0, "a package of apk's has files");
	tap_string(joined(), "/bin/busybox /etc/securetty /top ", "all of them");
	tap_number(files_of("musl"), 0, "one with odd paths, too");
	tap_string(joined(), "/lib/ld-musl-x86_64.so.1 ", "which are passed by");
	tap_number(files_of("meta"), 0, "a package without files is one");
	tap_number(files_of("libc"), -ENOENT, "no such package");
	tap_string(owner_of("/usr/bin/busybox"), "busybox 1.36.1-r2", "owners, with a merged /usr");
	tap_string(owner_of("/bin/dash"), "", "a package whose name is none owns nothing");
}

/* In place of rpm: it tells what it was given, and says what the file "listing" has. */
static void make_rpm(const char *end)
{
	char script[2048];

	snprintf(script, sizeof(script),
		"#!/bin/sh\necho \"$@\" >%s/arguments\nls -A \"$2\" >%s/copied\ncat \"$2\"/* >>%s/copied\n"
		"cat %s/listing\n%s\n",
		scratch.path, scratch.path, scratch.path, scratch.path, end);
	scratch_file(&scratch, "bin/rpm", 0755, script);
}

static char *text_of(const char *name)
{
	char *text = NULL;

	if (io_read_file(scratch.fd, name, 1 << 20, &text, NULL, &err) < 0)
		abort();
	return text;
}

static void test_without_rpm(void)
{
	directory("root/var/lib/rpm");
	directory("bin");
	setenv("PATH", scratch_path(&scratch, "bin"), 1);
	setenv("TMPDIR", scratch_path(&scratch, "temporary"), 1);
	directory("temporary");
	tap_number(files_of("jq"), -ENOENT, "an empty directory is no database");
	file("root/var/lib/rpm/rpmdb.sqlite", "database");
	tap_number(files_of("jq"), -ENOENT, "rpm's database without rpm");
	tap_contains(err.text, "package jq: rpm is not found on PATH: install the package rpm",
		"what to do is said");
	tap_string(owner_of("/usr/bin/jq"), "", "it owns nothing");
}

static void test_rpm(void)
{
	cleanup_free char *arguments = NULL, *copied = NULL;

	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("PATH", scratch_path(&scratch, "bin:/usr/bin:/bin"), 1);
	make_rpm("exit 0");
	file("listing", "-jq\t1.6-15.fc39\n/usr/bin/jq\n/usr/share/jq\n-none\t7:1-1\n(none)\n"
			"-bad name\t1-1\n/bad\n-odd\tx y\n/odd\n/../../secret\n-jq\t2-1\n/usr/bin/jq2\n-cut");
	link_to("../../../../secret", "root/var/lib/rpm/rpmdb.sqlite-wal");
	link_to("rpmdb.sqlite", "root/var/lib/rpm/Packages");
	tap_number(files_of("jq"), 0, "rpm's packages have files");
	tap_string(joined(), "/usr/bin/jq /usr/share/jq /usr/bin/jq2 ", "also of two versions");
	arguments = text_of("arguments");
	copied = text_of("copied");
	tap_contains(arguments, "--dbpath /tmp/", "the database is named");
	tap_ok(!strstr(arguments, "/root/var"), "it is a copy");
	tap_string(copied, "Packages\nrpmdb.sqlite\ndatabasedatabase", "without what leads out");
	tap_number(files_of("none"), 0, "a package without files is one");
	tap_number(files_of("cut"), 0, "the last line may be cut");
	tap_number(files_of("nothing"), -ENOENT, "no such package");
	tap_string(owner_of("/bin/jq"), "jq 1.6-15.fc39", "owners, with a merged /usr");
	tap_string(owner_of("/bad"), "", "a package whose name is none owns nothing");
	tap_string(owner_of("/odd"), "odd", "a version that is none is left out");
}

static bool is_empty(const char *name)
{
	struct dirent **entries = NULL;
	cleanup_fd int fd = openat(scratch.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = io_scan(fd, &entries, NULL);

	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count == 2;
}

static void test_rpm_fails(void)
{
	make_rpm("echo 'error: cannot open' >&2; echo more >&2; exit 3");
	tap_number(files_of("jq"), -EIO, "a failure of rpm's is one");
	tap_string(err.text, "package jq: rpm failed with status 3: error: cannot open",
		"it is told in one line");
	tap_string(owner_of("/usr/bin/jq"), "", "nobody owns anything then");
	make_rpm("kill -9 $$");
	tap_number(files_of("jq"), -EIO, "so is an end by a signal");
	make_rpm("exec cat /dev/zero");
	tap_number(files_of("jq"), -EFBIG, "what says too much is ended");
	make_rpm("touch \"$2/x\" \"$2/y\"; exit 0");
	tap_number(files_of("jq"), 0, "rpm may write to the copy");
	unlinkat(scratch.fd, "root/var/lib/rpm/rpmdb.sqlite-wal", 0);
	if (mkfifoat(scratch.fd, "root/var/lib/rpm/rpmdb.sqlite-wal", 0644) < 0)
		abort();
	tap_number(files_of("jq"), -EINVAL, "a FIFO is not copied");
	tap_contains(err.text, "var/lib/rpm/rpmdb.sqlite-wal", "it is named");
	tap_ok(is_empty("temporary"), "no copy is left behind");
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
	test_apk();
	test_without_rpm();
	test_rpm();
	test_rpm_fails();
	test_cancel();
	names_free(&files);
	packages_close(&packages);
	root_close(&root);
	scratch_remove(&scratch);
	return tap_done();
}
