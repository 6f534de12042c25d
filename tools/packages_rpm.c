/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's program rpm reads the database: `rpm -qa` with a format, once, whatever is asked for; it takes
 * 40 ms for 50,000 files. A query by --root would write to that root (it makes directories, locks and a database where there is
 * none), takes the place of the database from the host's macros, and follows links to directories of that root as the host's.
 * So another root's database is copied, regular files alone, and asked for by --dbpath; by a confined rpm. Neither way does a query chroot
 * or execute anything of the root (rpm 4.18, by strace).
 */
#include "packages_database.h"

#include "confine.h"
#include "err.h"
#include "io.h"
#include "root.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LISTING_LIMIT = 128 << 20, DATABASE_LIMIT = 1 << 30, SECONDS = 120 };

/* A line for each package, "-NAME\tVERSION", then a line for each of its files. */
static const char format[] = "-%{NAME}\t%{EVR}\n[%{FILENAMES}\n]";

/* A directory of its own for one query. */
struct copy {
	char path[PATH_MAX];
	int fd;
};

static int select_files(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void remove_copy(struct copy *copy)
{
	struct dirent **entries = NULL;
	int count = copy->fd < 0 ? 0 : io_scan(copy->fd, &entries, select_files);

	for (int i = 0; i < count; i++) {
		unlinkat(copy->fd, entries[i]->d_name, 0);
		free(entries[i]);
	}
	free(entries);
	close_keep_errno(&copy->fd);
	if (copy->path[0])
		rmdir(copy->path);
	copy->path[0] = '\0';
}

/* By anybody, and so by nobody. */
static bool is_reachable(const char *path)
{
	cleanup_free char *copy = strdup(path);
	struct stat st;

	for (char *slash = copy; slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(*copy ? copy : "/", &st) < 0 || !(st.st_mode & S_IXOTH))
			return false;
		*slash = '/';
	}
	return copy && stat(copy, &st) == 0 && st.st_mode & S_IXOTH;
}

static int make_copy(struct copy *copy, struct err *err)
{
	const char *temporary = getenv("TMPDIR");
	size_t size = sizeof(copy->path);

	if (!temporary || temporary[0] != '/' || (geteuid() == 0 && !is_reachable(temporary)))
		temporary = "/tmp";
	if ((size_t)snprintf(copy->path, size, "%s/oci-crashcart-rpm.XXXXXX", temporary) >= size ||
		!mkdtemp(copy->path)) {
		copy->path[0] = '\0';
		return err_errno(err, errno, "make a directory in %s", temporary);
	}
	copy->fd = open(copy->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return copy->fd < 0 ? err_errno(err, errno, "open %s", copy->path) : 0;
}

static int copy_content(const struct packages *packages, int from, int to, size_t *left)
{
	char block[65536];

	for (;;) {
		ssize_t got = read(from, block, sizeof(block));
		int rc;

		if (run_cancelled(packages->cancel))
			return -ECANCELED;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		if ((size_t)got > *left)
			return -EFBIG;
		*left -= (size_t)got;
		rc = io_write_all(to, block, (size_t)got);
		if (rc < 0)
			return rc;
	}
}

static int copy_file(const struct packages *packages, const struct copy *copy, const char *name, size_t *left)
{
	char path[128];
	cleanup_fd int from = FD_NONE, to = FD_NONE;
	struct stat st;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", packages->rpm, name);
	from = root_open_file(packages->root, path, O_RDONLY);
	if (from < 0)
		return from == -ENOENT ? 0 : from;
	if (fstat(from, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	to = openat(copy->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	rc = to < 0 ? -errno : confine_give(to);
	return rc == 0 ? copy_content(packages, from, to, left) : rc;
}

/* What the database consists of, with sqlite, ndb or Berkeley DB. Never a rollback journal: it may name other files. */
static int copy_database(const struct packages *packages, struct copy *copy, struct err *err)
{
	static const char *const names[] = {
		"rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Index.db", "Packages", "Name"};
	size_t left = DATABASE_LIMIT;
	int rc = make_copy(copy, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(names); i++) {
		rc = copy_file(packages, copy, names[i], &left);
		if (rc < 0)
			err_errno(err, -rc, "copy %s%s/%s", packages->root->path, packages->rpm, names[i]);
	}
	if (rc == 0 && confine_give(copy->fd) < 0)
		rc = err_errno(err, errno, "copy %s%s", packages->root->path, packages->rpm);
	return rc;
}

/* Why rpm failed: its first line on standard error. */
static int explain(struct run *run, int status, struct err *err)
{
	cleanup_free char *text = NULL;
	int rc;

	run->output = RUN_STDERR;
	rc = run_program(run, &text, &status, err);
	if (rc < 0)
		return rc;
	return err_set(err, EIO, "rpm failed with status %d: %.*s", status, (int)strcspn(text, "\n"), text);
}

static int query(struct packages *packages, const char *database, struct err *err)
{
	const char *argv[] = {
		"rpm", "--dbpath", database, "--nosignature", "--nodigest", "-qa", "--qf", format, NULL};
	struct run run = {.argv = argv,
		.directory = -1,
		.output = RUN_STDOUT,
		.cancel = packages->cancel,
		.limit = LISTING_LIMIT,
		.seconds = SECONDS,
		.confined = !root_is_host(packages->root)};
	cleanup_free char *text = NULL;
	int status, rc = run_program(&run, &text, &status, err);

	if (rc == -ENOENT)
		return err_set(err, ENOENT,
			"rpm is not found on PATH: install the package rpm, which reads %s%s",
			packages->root->path, packages->rpm);
	if (rc < 0)
		return rc;
	if (status != 0)
		return explain(&run, status, err);
	packages->listing = TAKE_PTR(text);
	return 0;
}

static int get_listing(struct packages *packages, struct err *err)
{
	struct copy copy = {.fd = FD_NONE};
	int rc;

	if (root_is_host(packages->root))
		return query(packages, packages->rpm, err);
	rc = copy_database(packages, &copy, err);
	if (rc == 0)
		rc = query(packages, copy.path, err);
	remove_copy(&copy);
	return rc;
}

/* Lines become strings, the version of a package one of its own. */
static int load(struct packages *packages, struct err *err)
{
	char *cursor, *end, *line;
	int rc;

	if (packages->listing)
		return 0;
	rc = get_listing(packages, err);
	if (rc < 0)
		return rc;
	cursor = packages->listing;
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): get_listing has set it */
	end = cursor + strlen(cursor);
	while ((line = text_line(&cursor, end)))
		if (line[0] == '-')
			line[strcspn(line, "\t")] = '\0';
	packages->listing_end = end;
	return 0;
}

struct reader {
	const char *next, *name, *version;
};

static const char *take_string(const struct packages *packages, struct reader *reader)
{
	const char *text = reader->next;

	if (text >= packages->listing_end)
		return NULL;
	reader->next = text + strlen(text) + 1;
	return text;
}

/* The next package (*RET_PATH is null), or the next file of it. */
static bool next(const struct packages *packages, struct reader *reader, const char **ret_path)
{
	const char *text;

	while ((text = take_string(packages, reader))) {
		if (text[0] == '-') {
			reader->name = text + 1;
			reader->version = take_string(packages, reader);
			*ret_path = NULL;
			return true;
		}
		if (reader->name && text_is_path(text)) {
			*ret_path = text;
			return true;
		}
	}
	return false;
}

int rpm_files(struct packages *packages, const char *name, struct names *paths, struct err *err)
{
	int rc = load(packages, err);
	struct reader reader = {.next = packages->listing};
	const char *path;
	bool found = false;

	while (rc == 0 && next(packages, &reader, &path)) {
		if (strcmp(reader.name, name) != 0)
			continue;
		found = true;
		if (path)
			rc = packages_add_path(paths, path, err);
	}
	return rc < 0 ? rc : found;
}

int rpm_owners(struct packages *packages, struct wanted *wanted, struct err *err)
{
	int rc = load(packages, err);
	struct reader reader = {.next = packages->listing};
	const char *path;

	while (rc == 0 && wanted->left && next(packages, &reader, &path))
		if (path && packages_is_name(reader.name) &&
			wanted_owned(wanted, path, reader.name, reader.version) < 0)
			rc = err_errno(err, ENOMEM, "%s", path);
	return rc;
}
