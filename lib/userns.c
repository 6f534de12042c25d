/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "userns.h"

#include "err.h"
#include "io.h"
#include "util.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

bool userns_is_rootless(uid_t *ret_uid)
{
	cleanup_free char *text = NULL;
	unsigned int inside, outside, count;
	struct stat st;

	/* The user's own id comes first in what newuidmap has written: "0 1000 1". */
	if (geteuid() != 0 || stat("/", &st) < 0 || st.st_uid == 0)
		return false;
	if (io_read_file(AT_FDCWD, "/proc/self/uid_map", 4096, &text, NULL, ERR_IGNORED) < 0 ||
		/* NOLINTNEXTLINE(cert-err34-c): the kernel has written it */
		sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 || inside != 0 || outside == 0)
		return false;
	*ret_uid = outside;
	return true;
}

int userns_owner(int proc, uid_t *ret, struct err *err)
{
	cleanup_fd int ns = openat(proc, "ns/user", O_RDONLY | O_CLOEXEC);

	if (ns < 0)
		return err_errno(err, errno, "open the user namespace of a process");
	if (ioctl(ns, NS_GET_OWNER_UID, ret) < 0)
		return err_errno(err, errno, "ask whose a user namespace is");
	return 0;
}

bool userns_is_node_root(uid_t uid)
{
	struct stat st;
	uid_t user;

	return userns_is_rootless(&user) && stat("/", &st) == 0 && st.st_uid == uid;
}
