/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alpine's: one text, a paragraph for each package with its directories ("F:") and files ("R:"). */
#include "packages_database.h"

#include "err.h"
#include "root.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <string.h>

enum { APK_LIMIT = 256 << 20 };

int apk_files(struct packages *packages, const char *name, struct names *paths, struct err *err)
{
	cleanup_free char *text = NULL;
	struct apk_reader reader = {0};
	const char *path;
	bool found = false;
	size_t length;
	char *cursor;
	int rc = root_read(packages->root, packages->apk, APK_LIMIT, &text, &length, err);

	cursor = text;
	while (rc == 0 && apk_next(&cursor, text + length, &reader, &path)) {
		if (strcmp(reader.name, name) != 0)
			continue;
		found = true;
		if (path)
			rc = packages_add_path(paths, path, err);
	}
	return rc < 0 ? rc : found;
}

int apk_owners(struct packages *packages, struct wanted *wanted, struct err *err)
{
	cleanup_free char *text = NULL;
	struct apk_reader reader = {0};
	const char *path;
	size_t length;
	char *cursor;
	int rc = root_read(packages->root, packages->apk, APK_LIMIT, &text, &length, err);

	cursor = text;
	while (rc == 0 && wanted->left && apk_next(&cursor, text + length, &reader, &path))
		if (path && packages_is_name(reader.name) &&
			wanted_owned(wanted, path, reader.name, reader.version) < 0)
			rc = err_errno(err, ENOMEM, "%s", path);
	return rc;
}
