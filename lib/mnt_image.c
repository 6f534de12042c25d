/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mnt_image.h"

#include "err.h"
#include "superblock.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *mounter = MNT_IMAGE_MOUNTER;

void mnt_image_use(const char *program)
{
	mounter = program;
}

static int receive_result(int socket, struct err *err)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct err failure = {0};
	struct iovec data = {.iov_base = &failure, .iov_len = sizeof(failure)};
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *header;
	ssize_t got;
	int mount;

	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != sizeof(failure))
		return err_set(err, EIO, "the process that mounts the image was killed");
	if (failure.number > 0) {
		*err = failure;
		return -err->number;
	}
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return err_set(err, EMFILE, "no descriptor of the image's mount was received");
	memcpy(&mount, CMSG_DATA(header), sizeof(int));
	return mount;
}

/* What the process that mounts is told. */
struct image {
	int file;
	const char *type, *path, *context;
	char place[PATH_MAX];
};

static _Noreturn void be_mounter(const struct image *image, pid_t parent, int socket)
{
	char socket_text[16], file_text[16];
	const char *const argv[] = {mounter, socket_text, file_text, image->type, image->place, image->path,
		image->context, NULL};
	struct err err = {0};

	/* A parent that ended before the prctl took effect is not our parent any more. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	snprintf(socket_text, sizeof(socket_text), "%d", socket);
	snprintf(file_text, sizeof(file_text), "%d", image->file);
	if (fcntl(socket, F_SETFD, 0) == 0 && fcntl(image->file, F_SETFD, 0) == 0)
		execve(mounter, (char *const *)(uintptr_t)argv, environ);
	(void)err_errno(&err, errno, "images are mounted by %s", mounter);
	(void)send(socket, &err, sizeof(err), MSG_NOSIGNAL);
	_exit(1);
}

static int mount_in_child(const struct image *image, struct err *err)
{
	pid_t parent = getpid(), child;
	int sockets[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return err_errno(err, errno, "make a socket pair");
	child = fork();
	if (child == 0) {
		close(sockets[0]);
		be_mounter(image, parent, sockets[1]);
	}
	rc = child < 0 ? err_errno(err, errno, "make a process") : 0;
	close(sockets[1]);
	if (rc == 0)
		rc = receive_result(sockets[0], err);
	close(sockets[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return rc;
}

static int read_type(int file, const char **ret_type, struct err *err)
{
	unsigned char head[SUPERBLOCK_BYTES];
	struct stat st;
	ssize_t got = pread(file, head, sizeof(head), 0);

	if (got < 0 || fstat(file, &st) < 0)
		return err_errno(err, errno, "read it");
	return superblock_type(head, (size_t)got, (uint64_t)st.st_size, ret_type, err);
}

int mnt_image(int file, const char *path, int place, const char *context, struct err *err)
{
	struct image image = {.file = file, .path = path, .context = context};
	char link[32];
	int rc = read_type(file, &image.type, err);

	if (rc < 0)
		return rc;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	if (!realpath(link, image.place))
		return err_errno(err, errno, "find the path of a directory to mount on");
	return mount_in_child(&image, err);
}
