/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf.h"
#include "err.h"
#include "root.h"
#include "search.h"
#include "util.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_LIMIT = 65536 };

static const char blanks[] = " \t\r\v\f,:";

static int read_configuration(struct search *search, const char *path, int depth, struct err *err);

static int add_directory(struct search *search, const char *directory, struct err *err)
{
	if (directory[0] != '/' || names_has(&search->directories, directory))
		return 0;
	if (search->directories.count == SEARCH_DIRECTORY_LIMIT)
		return err_set(err, E2BIG, "more than %d library directories", SEARCH_DIRECTORY_LIMIT);
	if (names_add(&search->directories, directory) < 0)
		return err_errno(err, ENOMEM, "library directories");
	return 0;
}

/* "include PATTERN": relative to the directory of the file that says it, as ldconfig does. */
static int include(struct search *search, const char *file, const char *pattern, int depth, struct err *err)
{
	size_t directory = (size_t)(names_base(file) - file);
	cleanup_free char *full =
		util_printf("%.*s%s", pattern[0] == '/' ? 0 : (int)directory, file, pattern);
	glob_t found = {0};
	int rc;

	if (!full)
		return err_errno(err, ENOMEM, "%s", file);
	if (search->included++ == SEARCH_INCLUDE_LIMIT)
		return err_set(
			err, E2BIG, "%s: more than %d lines that include files", file, SEARCH_INCLUDE_LIMIT);
	rc = root_glob(search->root, full, &found, err);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
		rc = read_configuration(search, found.gl_pathv[i], depth + 1, err);
	if (rc == -ENOENT)
		rc = 0;
	globfree(&found);
	return rc;
}

/* A line is a list of directories, "include PATTERN...", or "hwcap ...", which is history. */
static int take_line(struct search *search, const char *file, char *line, int depth, struct err *err)
{
	char *place = NULL;
	char *word = strtok_r(line, blanks, &place);
	bool including = word && strcmp(word, "include") == 0;
	int rc = 0;

	if (!word || strcmp(word, "hwcap") == 0)
		return 0;
	if (including)
		word = strtok_r(NULL, " \t\r\v\f", &place);
	for (; word && rc == 0; word = strtok_r(NULL, blanks, &place))
		rc = including ? include(search, file, word, depth, err) : add_directory(search, word, err);
	return rc;
}

static int read_configuration(struct search *search, const char *path, int depth, struct err *err)
{
	cleanup_free char *text = NULL;
	char *place = NULL;
	int rc;

	if (depth > SEARCH_INCLUDE_DEPTH)
		return err_set(
			err, ELOOP, "%s: included more than %d files deep", path, SEARCH_INCLUDE_DEPTH);
	if (search->configurations++ == SEARCH_FILE_LIMIT)
		return err_set(
			err, E2BIG, "%s: more than %d files of configuration", path, SEARCH_FILE_LIMIT);
	/* One that cannot be taken is passed by, as ldconfig does. */
	if (root_read(search->root, path, FILE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return 0;
	for (char *line = strtok_r(text, "\n", &place); line; line = strtok_r(NULL, "\n", &place)) {
		*strchrnul(line, '#') = '\0';
		rc = take_line(search, path, line, depth, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_defaults(struct search *search, bool musl, struct err *err)
{
	/* Debian's and its kin, then Fedora's and its kin, then everyone's. */
	static const char *const glibc[] = {
		"/lib/%s", "/usr/lib/%s", "/lib64", "/usr/lib64", "/lib", "/usr/lib", NULL};
	static const char *const musl_own[] = {"/lib", "/usr/local/lib", "/usr/lib", NULL};
	const char *multiarch = search->arch->multiarch;
	int rc = 0;

	for (const char *const *one = musl ? musl_own : glibc; *one && rc == 0; one++) {
		size_t length = strcspn(*one, "%");
		cleanup_free char *directory =
			util_printf("%.*s%s", (int)length, *one, (*one)[length] ? multiarch : "");

		rc = directory ? add_directory(search, directory, err)
			       : err_errno(err, ENOMEM, "library directories");
	}
	return rc;
}

int search_init(struct search *ret, const struct root *root, const struct elf_arch *arch, bool musl,
	const char *configuration, struct err *err)
{
	struct search search = {.root = root, .arch = arch};
	int rc = musl ? 0 : read_configuration(&search, configuration, 0, err);

	if (rc == 0)
		rc = add_defaults(&search, musl, err);
	if (rc < 0)
		search_free(&search);
	else
		*ret = search;
	return rc;
}
