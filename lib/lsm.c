/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lsm.h"

#include "err.h"
#include "io.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define SELINUX_MOUNT "/sys/fs/selinux"

bool lsm_parse(const char *current, size_t length, char ret[LSM_LABEL_LIMIT])
{
	size_t end = strnlen(current, length); /* SELinux counts its NUL in */

	end = end && current[end - 1] == '\n' ? end - 1 : end;
	/* AppArmor's mode; a profile's name may hold brackets itself. */
	if (end && current[end - 1] == ')')
		for (size_t i = end; i > 1; i--)
			if (current[i - 1] == '(' && current[i - 2] == ' ') {
				end = i - 2;
				break;
			}
	if (end == 0 || end >= LSM_LABEL_LIMIT || (end == 10 && memcmp(current, "unconfined", 10) == 0))
		return false;
	memcpy(ret, current, end);
	ret[end] = '\0';
	return true;
}

/* A module that the kernel has and does not use says EINVAL. */
static int read_label(int proc, const char *file, char ret[LSM_LABEL_LIMIT], struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc = io_read_file(proc, file, LSM_LABEL_LIMIT, &text, &length, err);

	*ret = '\0';
	if (rc == -ENOENT || rc == -EINVAL)
		return 0;
	if (rc == 0)
		(void)lsm_parse(text, length, ret);
	return rc;
}

static bool has_selinux(void)
{
	struct statfs fs;

	return statfs(SELINUX_MOUNT, &fs) == 0 && fs.f_type == SELINUX_MAGIC;
}

int lsm_read(int proc, struct lsm *ret, struct err *err)
{
	struct lsm lsm = {.selinux = ""};
	/* The directory is of kernel 5.8; without it, or with another module first, "current" is none of AppArmor's. */
	int rc = read_label(proc, "attr/apparmor/current", lsm.apparmor, err);

	if (rc == 0 && has_selinux())
		rc = read_label(proc, "attr/current", lsm.selinux, err);
	if (rc < 0)
		return err_prefix(err, "label of the container's process");
	*ret = lsm;
	return 0;
}

static int write_label(const char *file, const char *label, struct err *err)
{
	cleanup_fd int fd = open(file, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(label);
	ssize_t done = fd < 0 ? -1 : write(fd, label, length); /* the kernel takes it in one piece */

	return done == (ssize_t)length ? 0 : err_errno(err, errno, "take on the container's label %s", label);
}

int lsm_set_at_exec(const struct lsm *lsm, struct err *err)
{
	char command[LSM_LABEL_LIMIT + 8];
	int rc = 0;

	if (*lsm->apparmor) {
		snprintf(command, sizeof(command), "exec %s", lsm->apparmor);
		rc = write_label("/proc/self/attr/apparmor/exec", command, err);
	}
	if (rc == 0 && *lsm->selinux)
		rc = write_label("/proc/self/attr/exec", lsm->selinux, err);
	return rc;
}
