/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bytes of programs, loaders and libraries that are sealed: which, and no others. Without root. */
#include "elf.h"
#include "err.h"
#include "seal.h"
#include "tap.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static struct scratch scratch;

static void write_file(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		abort();
	close(fd);
}

static void test_replace(void)
{
	static const char before[] = "\0/etc/tool.rc\0/etc/tool.rc.d\0/usr/share/tool\0";
	static const char blank[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0/etc/tool.rc.d\0/usr/share/tool\0";
	static const char null[] = "\0////dev/null\0/etc/tool.rc.d\0/usr/share/tool\0";
	const char *file = scratch_path(&scratch, "seal");
	const struct {
		const char *from, *to, *after;
	} cases[] = {{"/etc/tool.rc", "", blank}, {"/etc/tool.rc", "/dev/null", null},
		{"/nowhere/at/all/of/it", "x", before}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char after[sizeof(before)] = "";
		int fd;

		write_file(file, before, sizeof(before));
		if (seal_replace(AT_FDCWD, file, cases[i].from, cases[i].to, ERR_IGNORED) < 0)
			abort();
		fd = open(file, O_RDONLY | O_CLOEXEC);
		if (read(fd, after, sizeof(after)) != sizeof(after))
			abort();
		close(fd);
		tap_ok(memcmp(after, cases[i].after, sizeof(before)) == 0, "%s", cases[i].from);
	}
	tap_ok(seal_replace(AT_FDCWD, file, "/etc/tool.rc", "too/long/a/path", ERR_IGNORED) == -ENAMETOOLONG,
		"no room for a path");
}

static bool sealed(const char *name, const void *text, size_t length, const char *wanted, bool loader)
{
	struct err err = {0};
	char after[256] = "";
	int fd, rc;

	write_file(name, text, length);
	rc = loader ? seal_loader(AT_FDCWD, name, elf_native(), &err)
		    : seal_library(AT_FDCWD, name, elf_native(), &err);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (read(fd, after, sizeof(after)) != (ssize_t)length)
		rc = -1;
	close(fd);
	return wanted ? rc == 0 && memcmp(after, wanted, length) == 0 : rc == -ENOTSUP;
}

static void test_seal(void)
{
	static const char both[] = "x\0/etc/ld.so.preload\0y\0/etc/ld.so.cache\0z";
	char blanked[sizeof(both)];
	static const char one[] = "x\0/etc/ld.so.cache\0z";
	static const char twice[] = "/etc/ld.so.preload\0/etc/ld.so.preload\0/etc/ld.so.cache";
	static const char locale[] = "\0/usr/lib/locale/x\0/usr/lib/locales\0a/usr/lib/locale";
	static const char moved[] = "\0/dev/crashcart//x\0/usr/lib/locales\0a/usr/lib/locale";
	static const char openssl[] = "x\0openssl.cnf\0y";
	static const char dot[] = "x\0.\0\0\0\0\0\0\0\0\0\0\0y";
	const char *file = scratch_path(&scratch, "seal");

	for (size_t i = 0; i < sizeof(both); i++)
		blanked[i] = strchr("xyz", both[i]) && (i == 0 || !both[i - 1]) ? both[i] : '\0';
	tap_ok(sealed(file, both, sizeof(both), blanked, true), "a loader loses its two names");
	tap_ok(sealed(file, one, sizeof(one), NULL, true), "a loader without one of them is refused");
	tap_ok(sealed(file, twice, sizeof(twice), NULL, true), "a loader with one of them twice is refused");
	tap_ok(sealed(file, locale, sizeof(locale), moved, false), "whole paths move, and no others");
	tap_ok(sealed(file, openssl, sizeof(openssl), dot, false), "OpenSSL's configuration is blanked");
	tap_ok(sealed(file, "", 0, "", false), "an empty file stays");
}

int main(void)
{
	scratch_make(&scratch);
	test_seal();
	test_replace();
	scratch_remove(&scratch);
	return tap_done();
}
