/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "applets.h"

#include "err.h"
#include "names.h"
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

int applets_list(const char *busybox, int cancel, struct names *ret, struct err *err)
{
	const char *const argv[] = {busybox, "--list", NULL};
	const struct run run = {argv, -1, RUN_STDOUT, cancel};
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
