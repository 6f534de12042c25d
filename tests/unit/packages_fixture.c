/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_fixture.h"

#include "io.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct scratch scratch;
struct root root = {.fd = FD_NONE};
struct packages *packages;
struct names files;
struct package owners[4];
struct err err;

void directory(const char *name)
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

void file(const char *name, const char *text)
{
	scratch_file(&scratch, name, 0644, text);
}

void bytes(const char *name, const char *text, size_t length)
{
	cleanup_fd int fd = openat(scratch.fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || io_write_all(fd, text, length) < 0)
		abort();
}

void link_to(const char *target, const char *name)
{
	if (symlinkat(target, scratch.fd, name) < 0)
		abort();
}

void open_packages(void)
{
	err = (struct err){0};
	if (root.fd < 0 && root_open(scratch_path(&scratch, "root"), &root, &err) < 0)
		abort();
	packages_close(&packages);
	if (packages_open(&root, -1, &packages, &err) < 0)
		abort();
}

int files_of(const char *name)
{
	names_free(&files);
	err = (struct err){0};
	open_packages();
	return packages_files(packages, name, &files, &err);
}

const char *joined(void)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < files.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", files.item[i]);
	return text;
}

void forget_owners(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		package_free(&owners[i]);
}

const char *owner_of(const char *path)
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

void end_packages(void)
{
	names_free(&files);
	packages_close(&packages);
	root_close(&root);
	scratch_remove(&scratch);
}
