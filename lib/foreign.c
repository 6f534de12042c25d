/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foreign.h"

#include "err.h"
#include "io.h"
#include "path.h"
#include "util.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * A regular file, to read. It is looked at before it is opened: the open of a device may act (a watchdog's starts it), that
 * of a FIFO lets its writer go on. O_NONBLOCK: a lease on the file would hold us up.
 */
static int open_regular(int root, const char *path)
{
	cleanup_fd int place = path_open_in_root(root, path, O_PATH);
	char link[sizeof("/proc/self/fd/2147483647")];
	struct stat st;
	int fd;

	if (place < 0)
		return place;
	if (fstat(place, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Returns an errno. */
static int copy_out(int root, const char *path, size_t limit, int out)
{
	cleanup_fd int fd = open_regular(root, path);
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	if (fd < 0)
		return -fd;
	rc = io_read_all(fd, limit, &text, &length, ERR_IGNORED);
	if (rc == 0)
		rc = io_write_all(out, text, length);
	return -rc;
}

int64_t foreign_deadline(void)
{
	return util_now() + FOREIGN_SECONDS * INT64_C(1000);
}

/* To the end of file, which a child that is stuck never comes to. */
static int collect(int fd, int64_t end, size_t limit, char **ret_text, size_t *ret_length)
{
	cleanup_free char *text = malloc(limit + 1);
	size_t used = 0;

	if (!text)
		return -ENOMEM;
	for (;;) {
		struct pollfd event = {.fd = fd, .events = POLLIN};
		int64_t rest = end - util_now();
		ssize_t got;

		/* What is there by then is taken, though the time was used up by another. */
		if (poll(&event, 1, rest > 0 ? (int)rest : 0) <= 0) {
			if (rest <= 0)
				return -ETIMEDOUT;
			continue;
		}
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

int foreign_start(int (*work)(void *context, int out), void *context, struct foreign *ret)
{
	int ends[2], number;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ret->pid = fork();
	if (ret->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		_exit(work(context, ends[1]));
	}
	number = errno;
	close(ends[1]);
	if (ret->pid < 0)
		close(ends[0]);
	else
		ret->fd = ends[0];
	return ret->pid < 0 ? -number : 0;
}

int foreign_finish(
	struct foreign *foreign, int64_t deadline, size_t limit, char **ret_text, size_t *ret_length)
{
	cleanup_free char *text = NULL;
	size_t length = 0;
	int rc = collect(foreign->fd, deadline, limit, &text, &length);

	rc = end_reader(foreign->pid, rc);
	close_keep_errno(&foreign->fd);
	if (rc < 0)
		return rc;
	*ret_text = TAKE_PTR(text);
	*ret_length = length;
	return 0;
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

struct file {
	int root;
	const char *path;
	size_t limit;
};

static int read_file(void *context, int out)
{
	const struct file *file = context;

	return copy_out(file->root, file->path, file->limit, out);
}

int foreign_read(
	int root, const char *path, size_t limit, char **ret_text, size_t *ret_length, struct err *err)
{
	struct file file = {root, path, limit};
	struct foreign foreign = {.fd = FD_NONE};
	int rc = foreign_start(read_file, &file, &foreign);

	if (rc < 0)
		return err_errno(err, -rc, "make a process");
	rc = foreign_finish(&foreign, foreign_deadline(), limit, ret_text, ret_length);
	return rc < 0 ? say_why(rc, path, limit, err) : 0;
}
