/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "search.h"

#include "bounds.h"
#include "err.h"
#include "util.h"

#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <time.h>

#define ROUND_VARIABLE "OCI_CRASHCART_RUNTIME_PID"

static const char *const directories[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/* This program's file; without /proc, what it was called as. */
static bool stat_self(struct stat *ret)
{
	const char *name = (const char *)getauxval(AT_EXECFN);

	return stat("/proc/self/exe", ret) == 0 || (name && stat(name, ret) == 0);
}

static bool is_runtime(const char *path, const struct stat *self, bool *is_self)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		return false;
	if (!self || st.st_dev != self->st_dev || st.st_ino != self->st_ino)
		return true;
	*is_self = true;
	return false;
}

/* NAME, LENGTH bytes: found, *RET is its path. */
static bool find(const char *name, int length, const struct stat *self, bool *is_self, char ret[PATH_MAX])
{
	if (*name == '/')
		return snprintf(ret, PATH_MAX, "%.*s", length, name) < PATH_MAX &&
		       is_runtime(ret, self, is_self);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (snprintf(ret, PATH_MAX, "%s/%.*s", directories[i], length, name) < PATH_MAX &&
			is_runtime(ret, self, is_self))
			return true;
	return false;
}

int search_runtime(const char *names, const char *wrapper, char ret[PATH_MAX], struct err *err)
{
	bool has_self, is_self = false;
	struct stat self;

	has_self = wrapper ? stat(wrapper, &self) == 0 : stat_self(&self);
	for (const char *name = names; *name; name += strspn(name, ", ")) {
		size_t length = strcspn(name, ", ");

		if (find(name, (int)length, has_self ? &self : NULL, &is_self, ret))
			return 0;
		name += length;
	}
	return err_set(err, ENOENT,
		"no runtime is there: the configuration says runtimes = %s%s; install one, or give its path",
		names, is_self ? ", of which the wrapper itself does not count" : "");
}

/* What this process has computed since it was made, by whomever; not since it became this program. */
static time_t own_time(void)
{
	struct timespec time;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 ? time.tv_sec : 0;
}

bool search_goes_round(void)
{
	const char *old = getenv(ROUND_VARIABLE);
	char number[16];

	snprintf(number, sizeof(number), "%d", getpid());
	if (old && strcmp(old, number) == 0)
		return true;
	if (own_time() >= RUNTIME_ROUND_SECONDS)
		setenv(ROUND_VARIABLE, number, 1);
	return false;
}
