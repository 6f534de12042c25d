/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as values. */
#include "err.h"
#include "tap.h"

#include <errno.h>
#include <string.h>

static void test_set(void)
{
	struct err err = {0};

	errno = 55;
	tap_number(
		err_set(&err, EPERM, "no %s, %d", "way", 5), -EPERM, "err_set returns the number, negative");
	tap_number(err.number, EPERM, "keeps it");
	tap_string(err.text, "no way, 5", "and the text");
	tap_number(
		err_errno(&err, ENOENT, "open %s", "x"), -ENOENT, "err_errno returns the number, negative");
	tap_number(err.number, ENOENT, "keeps it");
	tap_string(err.text, "open x: No such file or directory", "and says what it means");
	tap_number(errno, 55, "errno is kept");
}

static void test_prefix(void)
{
	struct err err = {0};

	tap_number(err_prefix(&err, "a"), -EIO, "a prefix to no error is an error");
	tap_number(err.number, EIO, "it has a number");
	tap_contains(err.text, "a: ", "and a text");
	err_set(&err, EPERM, "reason");
	errno = 55;
	tap_number(err_prefix(&err, "file %d", 1), -EPERM, "a prefix keeps the number");
	tap_string(err.text, "file 1: reason", "and stands before the text");
	err_prefix(&err, "%s", "directory");
	tap_string(err.text, "directory: file 1: reason", "and again");
}

static void test_cut(void)
{
	char large[2000];
	struct err err = {0};

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	err_set(&err, EPERM, "%s", large);
	tap_number((int64_t)strlen(err.text), (int64_t)sizeof(err.text) - 1, "a long text is cut");
	err_errno(&err, EPERM, "%s", large);
	tap_number((int64_t)strlen(err.text), (int64_t)sizeof(err.text) - 1, "with a reason behind it too");
	err_prefix(&err, "first");
	tap_number((int64_t)strlen(err.text), (int64_t)sizeof(err.text) - 1, "with a prefix too");
	tap_ok(strncmp(err.text, "first: xxx", 10) == 0, "the prefix is there");
	err_set(&err, EPERM, "reason");
	err_prefix(&err, "%s", large);
	tap_number((int64_t)strlen(err.text), (int64_t)sizeof(err.text) - 1, "a long prefix is cut");
	tap_number(err.number, EPERM, "the number stays");
}

/* Text of a container's is never a format. */
static void test_format(void)
{
	struct err err = {0};

	err_set(&err, EPERM, "%s", "%n%s%d");
	err_prefix(&err, "%s", "%x");
	tap_string(err.text, "%x: %n%s%d", "percent signs in a text are text");
}

int main(void)
{
	test_set();
	test_prefix();
	test_cut();
	test_format();
	return tap_done();
}
