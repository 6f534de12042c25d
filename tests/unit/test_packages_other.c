/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Databases of apk and rpm. The program rpm is played by a script. */
#include "io.h"
#include "packages_fixture.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* As most distributions have it by now. */
static void make_merged(void)
{
	directory("root/usr/bin");
	directory("root/usr/lib");
	link_to("usr/bin", "root/bin");
	link_to("usr/lib", "root/lib");
	file("secret", "-secret\t1\n/secret\n");
	/* What plays rpm writes there, and is nobody. */
	if (fchmod(scratch.fd, 0777) < 0)
		abort();
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
	cleanup_free char *arguments = NULL, *copied = NULL, *user = NULL;
	char end[256];

	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("PATH", scratch_path(&scratch, "bin:/usr/bin:/bin"), 1);
	snprintf(end, sizeof(end), "id -u >%s/user; exit 0", scratch.path);
	make_rpm(end);
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
	user = text_of("user");
	tap_ok(geteuid() != 0 || strcmp(user, "65534\n") == 0, "root asks as nobody");
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

int main(void)
{
	scratch_make(&scratch);
	make_merged();
	test_apk();
	test_without_rpm();
	test_rpm();
	test_rpm_fails();
	end_packages();
	return tap_done();
}
