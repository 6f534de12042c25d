/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of <linux/pidfd.h> and <linux/nsfs.h>, 6.11. */
#ifndef PIDFD_GET_MNT_NAMESPACE
#define PIDFD_GET_MNT_NAMESPACE _IO(0xFF, 3)
#endif
#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID _IOR(0xb7, 5, uint64_t)
#endif

static int result(long value)
{
	return value < 0 ? -errno : (int)value;
}

int sys_openat2(int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.resolve = resolve,
	};
	int fd;

	/* EAGAIN: a rename raced with "..". The kernel asks callers to try again (openat2(2)); a hostile
	 * renamer does not hold us. */
	for (int tries = 0; tries < 128; tries++) {
		fd = result(syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
		if (fd != -EAGAIN && fd != -EINTR)
			break;
	}
	return fd;
}

int sys_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return result(syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC));
}

int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned int flags)
{
	return result(syscall(SYS_move_mount, from, from_path, to, to_path, flags));
}

int sys_mount_setattr(int fd, unsigned int flags, uint64_t set, uint64_t propagation)
{
	struct mount_attr attr = {.attr_set = set, .propagation = propagation};

	return result(syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &attr, sizeof(attr)));
}

int sys_fsopen(const char *type)
{
	return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

int sys_fsconfig(int fd, unsigned int command, const char *key, const char *value)
{
	return result(syscall(SYS_fsconfig, fd, command, key, value, 0));
}

int sys_fsmount(int fd, unsigned int attributes)
{
	return result(syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes));
}

int sys_statx(int dirfd, const char *path, int flags, unsigned int mask, struct statx *ret)
{
	return result(syscall(SYS_statx, dirfd, path, flags, mask, ret));
}

int sys_umount(const char *path, int flags)
{
	return result(syscall(SYS_umount2, path, flags));
}

int sys_pidfd_open(pid_t pid)
{
	return result(syscall(SYS_pidfd_open, pid, 0));
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
	return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return result(syscall(SYS_close_range, first, last, flags));
}

int sys_execveat(int fd, char *const argv[], char *const envp[])
{
	return result(syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}

/* Numbers that the headers of older kernels do not have; those of new calls are the same on all machines but alpha. */
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif

_Static_assert(offsetof(struct sys_statmount, str) == 512, "as the kernel has it");

struct mount_request {
	uint32_t size, spare;
	uint64_t mount, parameter, namespace;
};

/* A kernel that does not know the namespace takes a shorter one. */
static size_t request_size(uint64_t namespace)
{
	return namespace ? sizeof(struct mount_request) : offsetof(struct mount_request, namespace);
}

int sys_statmount(uint64_t id, uint64_t namespace, uint64_t mask, struct sys_statmount *ret, size_t size)
{
	struct mount_request request = {.size = (uint32_t)request_size(namespace),
		.mount = id,
		.parameter = mask,
		.namespace = namespace};

	return result(syscall(SYS_statmount, &request, ret, size, 0));
}

int sys_listmount(uint64_t root, uint64_t last, uint64_t *ret, size_t count)
{
	struct mount_request request = {.size = (uint32_t)request_size(0),
		.mount = root ? root : UINT64_MAX, /* LSMT_ROOT */
		.parameter = last};

	return result(syscall(SYS_listmount, &request, ret, count, 0));
}

int sys_mount_namespace(int pidfd, uint64_t *ret)
{
	int fd = result(syscall(SYS_ioctl, pidfd, PIDFD_GET_MNT_NAMESPACE, 0)), rc;

	if (fd < 0)
		return fd;
	rc = result(syscall(SYS_ioctl, fd, NS_GET_MNTNS_ID, ret));
	close(fd);
	return rc;
}

void sys_close_from(int first)
{
	struct rlimit limit;

	if (sys_close_range((unsigned int)first, ~0U, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = 1024;
	for (int fd = first; fd < (int)limit.rlim_cur; fd++)
		close(fd);
}
