/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"
#include "mnt.h"
#include "sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* kernel 6.3: executable also where vm.memfd_noexec is set */
#endif

enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

/* Read-only as a mount or file system, or sealed: whoever opens /proc/PID/exe for writing gets EROFS or EPERM. */
static bool is_sealed(void)
{
	cleanup_fd int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct statvfs fs;

	if (fd < 0)
		return false;
	if (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY))
		return true;
	return fcntl(fd, F_GET_SEALS) >= 0 && (fcntl(fd, F_GET_SEALS) & SEALS) == SEALS;
}

static int new_memfd(void)
{
	int fd = memfd_create("dbg-inject", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create("dbg-inject", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

/* For where the program's file system cannot be cloned: a copy in memory that nobody can change. */
static int copy_self(int self)
{
	cleanup_fd int copy = new_memfd();
	struct stat st;
	off_t offset = 0;

	if (copy < 0 || fstat(self, &st) < 0)
		return -errno;
	while (offset < st.st_size)
		if (sendfile(copy, self, &offset, (size_t)(st.st_size - offset)) <= 0)
			return errno ? -errno : -EIO;
	if (fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		return -errno;
	return TAKE_FD(copy);
}

void seal_forget(void)
{
	unsetenv(SEAL_MARK);
	(void)prctl(PR_SET_NAME, "dbg-inject", 0, 0, 0); /* execveat left the descriptor's number */
}

/*
 * CVE-2019-5736: a container's process that gets hold of /proc/PID/exe, ours, must not be able to write to
 * the host's program. A read-only detached mount of it costs one exec; `#!/proc/self/exe` as a command gets
 * the same file.
 */
int seal_self(char **argv, struct err *err)
{
	cleanup_fd int self = FD_NONE, sealed = FD_NONE;
	int rc;

	if (is_sealed()) {
		seal_forget();
		return 0;
	}
	if (getenv(SEAL_MARK))
		return err_set(err, EPERM, "this program cannot be protected from being overwritten");
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		return err_errno(err, errno, "open /proc/self/exe");
	if (setenv(SEAL_MARK, "1", 1) < 0)
		return err_errno(err, errno, "environment");
	sealed = mnt_clone_read_only(self, ERR_IGNORED);
	if (sealed >= 0)
		(void)sys_execveat(sealed, argv, environ);
	close_keep_errno(&sealed);
	sealed = copy_self(self);
	rc = sealed < 0 ? sealed : sys_execveat(sealed, argv, environ);
	return err_errno(err, -rc, "run this program from a copy that cannot be overwritten");
}
