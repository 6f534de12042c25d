/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "applets.h"

#include "err.h"
#include "names.h"
#include "root.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <string.h>

static int add(struct names *names, const char *line, struct err *err)
{
	if (!names_is_plain(line))
		return err_set(err, EINVAL, "it lists an applet that is not a name: '%s'", line);
	if (names->count == APPLET_LIMIT)
		return err_set(err, E2BIG, "it lists more than %d applets", APPLET_LIMIT);
	if (!names_has(names, line) && names_add(names, line) < 0)
		return err_errno(err, ENOMEM, "applets");
	return 0;
}

static int ask(const char *busybox, int cancel, struct names *ret, struct err *err)
{
	const char *const argv[] = {busybox, "--list", NULL};
	/* Of this host, but a path may have been given: of a file of anybody's. */
	const struct run run = {
		.argv = argv, .directory = -1, .output = RUN_STDOUT, .cancel = cancel, .confined = true};
	cleanup_free char *text = NULL;
	char *place = NULL;
	int status, rc = run_program(&run, &text, &status, err);

	if (rc < 0)
		return rc;
	if (status != 0)
		return err_set(
			err, EIO, "%s --list failed with status %d: is it a busybox?", busybox, status);
	for (char *line = strtok_r(text, "\n", &place); rc == 0 && line; line = strtok_r(NULL, "\n", &place))
		rc = add(ret, line, err);
	return rc;
}

static int add_linked(const struct root *root, const char *directory, const char *name, const char *source,
	struct names *ret, struct err *err)
{
	cleanup_free char *path = util_printf("%s/%s", directory, name), *real = NULL;

	if (!path)
		return err_errno(err, ENOMEM, "applets");
	if (root_real(root, path, &real) < 0 || strcmp(real, source) != 0 || strcmp(name, "busybox") == 0)
		return 0;
	return add(ret, name, err);
}

static int look_for_links(const struct root *root, const char *source, struct names *ret, struct err *err)
{
	static const char *const directories[] = {"/bin", "/sbin", "/usr/bin", "/usr/sbin"};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		DIR *directory = root_open_directory(root, directories[i]);
		struct dirent *entry;

		while (directory && rc == 0 && (entry = readdir(directory)))
			if (entry->d_name[0] != '.')
				rc = add_linked(root, directories[i], entry->d_name, source, ret, err);
		if (directory)
			closedir(directory);
	}
	return rc;
}

int applets_list(const struct root *root, const char *source, int cancel, struct names *ret, struct err *err)
{
	return root_is_host(root) ? ask(source, cancel, ret, err) : look_for_links(root, source, ret, err);
}
