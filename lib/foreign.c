/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foreign.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* O_NONBLOCK: the open of a FIFO returns at once, and that of a file with a lease on it. Returns an errno. */
static int copy_out(int root, const char *path, size_t limit, int out)
{
	cleanup_fd int fd = path_open_in_root(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	cleanup_free char *text = NULL;
	struct stat st;
	size_t length;
	int rc;

	if (fd < 0)
		return -fd;
	if (fstat(fd, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	rc = io_read_all(fd, limit, &text, &length, ERR_IGNORED);
	if (rc == 0)
		rc = io_write_all(out, text, length);
	return -rc;
}

/* To the end of file, which a child that is stuck never comes to. */
static int collect(int fd, size_t limit, char **ret_text, size_t *ret_length)
{
	cleanup_free char *text = malloc(limit + 1);
	int64_t end = util_now() + FOREIGN_SECONDS * 1000;
	size_t used = 0;

	if (!text)
		return -ENOMEM;
	for (;;) {
		struct pollfd event = {.fd = fd, .events = POLLIN};
		int64_t rest = end - util_now();
		ssize_t got;

		if (rest <= 0)
			return -ETIMEDOUT;
		if (poll(&event, 1, (int)rest) <= 0)
			continue;
		got = read(fd, text + used, limit - used + 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > limit)
			return -EFBIG;
	}
	text[used] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_length = used;
	return 0;
}

static _Noreturn void be_reader(int root, const char *path, size_t limit, int out)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	_exit(copy_out(root, path, limit, out));
}

/* How the reader ended. One that is stuck is killed; it may take its time for that, too, and is not waited for then. */
static int end_reader(pid_t pid, int rc)
{
	int status = 0;

	if (rc < 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, rc == -ETIMEDOUT ? WNOHANG : 0);
		return rc;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

static int say_why(int rc, const char *path, size_t limit, struct err *err)
{
	if (rc == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "%s in the container: it could not be read in %d seconds",
			path, FOREIGN_SECONDS);
	if (rc == -EINVAL)
		return err_set(err, EINVAL, "%s in the container: not a regular file", path);
	if (rc == -EFBIG)
		return err_set(err, EFBIG, "%s in the container: larger than %zu bytes", path, limit);
	return err_errno(err, -rc, "%s in the container", path);
}

int foreign_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int ends[2], rc;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno(err, errno, "make a pipe");
	pid = fork();
	if (pid == 0)
		be_reader(root, path, limit, ends[1]);
	rc = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (rc == 0)
		rc = end_reader(pid, collect(ends[0], limit, &text, &length));
	close(ends[0]);
	if (rc < 0)
		return say_why(rc, path, limit, err);
	*ret_text = TAKE_PTR(text);
	*ret_length = length;
	return 0;
}
