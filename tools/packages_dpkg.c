/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dpkg's own files: status has a paragraph for each package, info/NAME.list (or NAME:ARCH.list) its files. Distroless images
 * have status.d/NAME in place of the one and status.d/NAME.md5sums in place of the other.
 */
#include "packages_database.h"

#include "err.h"
#include "io.h"
#include "names.h"
#include "root.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define STATUS "/var/lib/dpkg/status"
#define INFO "/var/lib/dpkg/info"
#define DISTROLESS "/var/lib/dpkg/status.d"
#define SUMS ".md5sums"

enum {
	STATUS_LIMIT = 64 << 20,
	LIST_LIMIT = 16 << 20,
	CONTROL_LIMIT = 1 << 20,
	TOTAL_LIMIT = 256 << 20, /* of all lists */
	PACKAGE_LIMIT = 1 << 16, /* whose lists are read */
	PATHS = 2,
};

/* One way through the database. */
struct pass {
	struct packages *packages;
	const char *name, *architecture; /* the package whose files are wanted; null: any */
	struct names *paths;             /* where they go */
	struct wanted *wanted;           /* or whose owners are wanted */
	size_t read, packages_read;      /* bytes of lists, and lists, by now */
	bool found;
};

static int take_line(struct pass *pass, const struct dpkg_paragraph *package, char *line, struct err *err)
{
	const char *path = dpkg_path(line);

	if (!path)
		return 0;
	if (pass->paths)
		return packages_add_path(pass->paths, path, err);
	if (wanted_owned(pass->wanted, path, package->name, package->version) < 0)
		return err_errno(err, ENOMEM, "%s", path);
	return 0;
}

static int read_list(struct pass *pass, const struct dpkg_paragraph *package, const char *const lists[PATHS],
	struct err *err)
{
	const struct root *root = pass->packages->root;
	cleanup_free char *text = NULL;
	char *cursor, *line;
	struct stat st;
	bool other = lists[1] && root_stat(root, lists[0], &st) == -ENOENT;
	size_t length;
	int rc = root_read(root, lists[other], LIST_LIMIT, &text, &length, err);

	if (rc < 0)
		return rc;
	pass->read += length;
	cursor = text;
	while (rc == 0 && (line = text_line(&cursor, text + length)))
		rc = take_line(pass, package, line, err);
	return rc;
}

static bool is_wanted(const struct pass *pass, const struct dpkg_paragraph *package)
{
	if (!package->present || !package->name || !packages_is_name(package->name) ||
		(package->architecture && !packages_is_name(package->architecture)))
		return false;
	if (pass->name && strcmp(pass->name, package->name) != 0)
		return false;
	return !pass->architecture ||
	       (package->architecture && strcmp(pass->architecture, package->architecture) == 0);
}

/* LISTS: where its files may be listed. Whose owners are looked for is left without one where a list cannot be read. */
static int take_package(struct pass *pass, const struct dpkg_paragraph *package,
	const char *const lists[PATHS], struct err *err)
{
	int rc;

	if (run_cancelled(pass->packages->cancel))
		return err_set(err, ECANCELED, "interrupted");
	rc = read_list(pass, package, lists, err);
	if (pass->wanted && rc < 0 && rc != -ENOMEM)
		rc = 0;
	pass->packages_read++;
	pass->found = true;
	return rc;
}

/* True where there is no more to do: the package is found, all have owners, or it is too much. */
static bool is_done(const struct pass *pass)
{
	return (pass->name && pass->found) || (pass->wanted && pass->wanted->left == 0) ||
	       pass->read > TOTAL_LIMIT || pass->packages_read == PACKAGE_LIMIT;
}

/* Packages that may be there for several architectures have it in the name of the list. */
static int take_installed(struct pass *pass, const struct dpkg_paragraph *package, struct err *err)
{
	cleanup_free char *plain = util_printf(INFO "/%s.list", package->name);
	cleanup_free char *with =
		util_printf(INFO "/%s:%s.list", package->name, package->architecture ?: "all");
	const char *const lists[PATHS] = {package->same ? with : plain, package->same ? plain : with};

	if (!plain || !with)
		return err_errno(err, ENOMEM, "%s", package->name);
	return take_package(pass, package, lists, err);
}

static int read_status(struct pass *pass, struct err *err)
{
	cleanup_free char *text = NULL;
	struct dpkg_paragraph package;
	size_t length;
	char *cursor;
	int rc = root_read(pass->packages->root, STATUS, STATUS_LIMIT, &text, &length, err);

	cursor = text;
	while (rc == 0 && !is_done(pass) && dpkg_next(&cursor, text + length, &package))
		if (is_wanted(pass, &package))
			rc = take_installed(pass, &package, err);
	return rc;
}

static int is_control(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return packages_is_name(entry->d_name) && !(end && strcmp(end, SUMS) == 0);
}

/* FILE: in status.d. What is not the data of a package is passed by. */
static int take_control(struct pass *pass, const char *file, struct err *err)
{
	cleanup_free char *control = util_printf(DISTROLESS "/%s", file);
	cleanup_free char *sums = util_printf(DISTROLESS "/%s" SUMS, file);
	const char *const lists[PATHS] = {sums, NULL};
	cleanup_free char *text = NULL;
	struct dpkg_paragraph package;
	size_t length;
	char *cursor;
	int rc;

	if (!control || !sums)
		return err_errno(err, ENOMEM, "%s", file);
	rc = root_read(pass->packages->root, control, CONTROL_LIMIT, &text, &length, ERR_IGNORED);
	if (rc < 0)
		return rc == -ENOMEM ? err_errno(err, ENOMEM, "%s", control) : 0;
	cursor = text;
	if (!dpkg_next(&cursor, text + length, &package) || !is_wanted(pass, &package))
		return 0;
	return take_package(pass, &package, lists, err);
}

/* Sorted, so that the same database gives the same answer. */
static int read_distroless(struct pass *pass, struct err *err)
{
	cleanup_fd int fd = root_open_file(pass->packages->root, DISTROLESS, O_RDONLY | O_DIRECTORY);
	struct dirent **entries = NULL;
	int found = fd < 0 ? -1 : io_scan(fd, &entries, is_control), rc = 0;

	if (found < 0)
		return err_errno(err, fd < 0 ? -fd : errno, "read " DISTROLESS);
	for (int i = 0; i < found; i++) {
		if (rc == 0 && !is_done(pass))
			rc = take_control(pass, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int run_pass(struct pass *pass, struct err *err)
{
	const struct packages *packages = pass->packages;
	int rc = packages->dpkg ? read_status(pass, err) : 0;

	if (rc == 0 && packages->distroless && !is_done(pass))
		rc = read_distroless(pass, err);
	return rc;
}

int dpkg_files(struct packages *packages, const char *name, struct names *paths, struct err *err)
{
	cleanup_free char *copy = strdup(name);
	char *colon = copy ? strchr(copy, ':') : NULL;
	struct pass pass = {
		.packages = packages, .name = copy, .architecture = colon ? colon + 1 : NULL, .paths = paths};
	int rc;

	if (!copy)
		return err_errno(err, ENOMEM, "%s", name);
	if (colon)
		*colon = '\0';
	rc = run_pass(&pass, err);
	return rc < 0 ? rc : pass.found;
}

int dpkg_owners(struct packages *packages, struct wanted *wanted, struct err *err)
{
	struct pass pass = {.packages = packages, .wanted = wanted};

	return run_pass(&pass, err);
}
