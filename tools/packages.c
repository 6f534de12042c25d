/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_database.h"

#include "err.h"
#include "names.h"
#include "root.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { NAME_LIMIT = 200, VERSION_LIMIT = 200 };

static bool is_of(const char *text, const char *alphabet, size_t limit)
{
	size_t length = strspn(text, alphabet);

	return length > 0 && length <= limit && text[length] == '\0';
}

bool packages_is_name(const char *text)
{
	return !strchr("-.+:", text[0]) && is_of(text, LETTERS DIGITS "_+-.:", NAME_LIMIT);
}

bool packages_is_version(const char *text)
{
	return is_of(text, LETTERS DIGITS "_+-.:~^", VERSION_LIMIT);
}

void package_free(struct package *package)
{
	free_keep_errno(&package->name);
	free_keep_errno(&package->version);
}

static bool is_file(const struct root *root, const char *path, mode_t type)
{
	struct stat st;

	return root_stat(root, path, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static const char *find_apk(const struct root *root)
{
	static const char *const places[] = {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (is_file(root, places[i], S_IFREG))
			return places[i];
	return NULL;
}

/* Many a Debian has an empty /var/lib/rpm. */
static const char *find_rpm(const struct root *root)
{
	static const char *const places[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};
	static const char *const files[] = {"rpmdb.sqlite", "Packages.db", "Packages"};

	for (size_t i = 0; i < ARRAY_SIZE(places) * ARRAY_SIZE(files); i++) {
		const char *place = places[i / ARRAY_SIZE(files)];
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", place, files[i % ARRAY_SIZE(files)]);
		if (is_file(root, path, S_IFREG))
			return place;
	}
	return NULL;
}

int packages_open(const struct root *root, int cancel, struct packages **ret, struct err *err)
{
	cleanup_packages struct packages *packages = calloc(1, sizeof(*packages));

	if (!packages)
		return err_errno(err, ENOMEM, "packages");
	*packages = (struct packages){
		.root = root,
		.cancel = cancel,
		.dpkg = is_file(root, "/var/lib/dpkg/status", S_IFREG),
		.distroless = is_file(root, "/var/lib/dpkg/status.d", S_IFDIR),
		.apk = find_apk(root),
		.rpm = find_rpm(root),
	};
	if (packages_find_aliases(packages) < 0)
		return err_errno(err, ENOMEM, "packages");
	*ret = TAKE_PTR(packages);
	return 0;
}

void packages_close(struct packages **packages)
{
	if (!*packages)
		return;
	for (size_t i = 0; i < (*packages)->alias_count; i++)
		free_keep_errno(&(*packages)->alias[i].to);
	free_keep_errno(&(*packages)->listing);
	free_keep_errno(packages);
}

int packages_add_path(struct names *paths, const char *path, struct err *err)
{
	if (paths->count >= PACKAGE_FILE_LIMIT)
		return err_set(err, E2BIG, "a package with more than %d files", PACKAGE_FILE_LIMIT);
	return names_add(paths, path) < 0 ? err_errno(err, ENOMEM, "%s", path) : 0;
}

static int not_found(const struct packages *packages, const char *name, struct err *err)
{
	const char *root = packages->root->path;
	bool any = packages->dpkg || packages->distroless || packages->apk || packages->rpm;

	if (!any)
		return err_set(err, ENOENT,
			"package %s: no package database (dpkg, rpm or apk) is in %s/: "
			"name the executables instead",
			name, root);
	if (root_is_host(packages->root))
		return err_set(err, ENOENT, "package %s is not installed: install it", name);
	return err_set(err, ENOENT, "package %s is not installed in %s", name, root);
}

int packages_files(struct packages *packages, const char *name, struct names *paths, struct err *err)
{
	int rc = 0;

	if (!packages_is_name(name))
		return err_set(err, EINVAL, "'%s' is not the name of a package", name);
	if (packages->dpkg || packages->distroless)
		rc = dpkg_files(packages, name, paths, err);
	if (rc == 0 && packages->apk)
		rc = apk_files(packages, name, paths, err);
	if (rc == 0 && packages->rpm)
		rc = rpm_files(packages, name, paths, err);
	if (rc < 0)
		return err_prefix(err, "package %s", name);
	return rc > 0 ? 0 : not_found(packages, name, err);
}

static int find_owners(struct packages *packages, struct wanted *wanted, struct err *err)
{
	struct {
		bool there;
		int (*find)(struct packages *packages, struct wanted *wanted, struct err *err);
	} databases[] = {
		{packages->dpkg || packages->distroless, dpkg_owners},
		{packages->apk, apk_owners},
		{packages->rpm, rpm_owners},
	};

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		struct err why = {0};
		int rc = databases[i].there && wanted->left ? databases[i].find(packages, wanted, &why) : 0;

		if (rc != -ENOMEM && rc != -ECANCELED)
			continue;
		*err = why;
		return rc;
	}
	return 0;
}

int packages_owners(struct packages *packages, const char *const *paths, size_t count, struct package *ret,
	struct err *err)
{
	cleanup_wanted struct wanted wanted = {0};
	int rc;

	for (size_t i = 0; i < count; i++)
		ret[i] = (struct package){0};
	if (wanted_init(&wanted, packages, paths, count, ret) < 0)
		rc = err_errno(err, ENOMEM, "packages");
	else
		rc = find_owners(packages, &wanted, err);
	for (size_t i = 0; rc < 0 && i < count; i++)
		package_free(&ret[i]);
	return rc;
}
