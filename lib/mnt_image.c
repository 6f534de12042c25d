/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mnt_image.h"

#include "err.h"
#include "libmount_load.h"
#include "mnt.h"
#include "superblock.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the process that mounts works with. */
struct image {
	int file;
	const char *path, *type, *context;
	char place[PATH_MAX];
	struct libmount libmount;
};

/* What libmount says of its step that returned RC; where the kernel has said something, that. */
static int libmount_error(struct libmnt_context *context, const struct image *image, int rc, struct err *err)
{
	const struct libmount *mount = &image->libmount;
	int number = mount->syscall_called(context) ? mount->get_syscall_errno(context) : 0;
	char text[256] = "";

	if (number == ENODEV)
		return err_set(err, ENODEV,
			"this kernel has no file system %s: load its module, or make an image of another "
			"type",
			image->type);
	if (number > 0)
		return err_set(err, number,
			"the kernel does not mount it as %s: %s (its log may say more: dmesg)", image->type,
			strerror(number));
	(void)mount->get_excode(context, rc, text, sizeof(text));
	return err_set(err, EIO, "libmount: %s", *text ? text : "it cannot be mounted");
}

static int set_up(struct libmnt_context *context, const struct image *image)
{
	const struct libmount *mount = &image->libmount;
	char options[256];

	/* noload: a journal is not played back, which would be a write. */
	snprintf(options, sizeof(options), "loop,ro,nosuid,nodev%s%s%s",
		strcmp(image->type, "ext4") == 0 ? ",noload" : "", image->context ? ",context=" : "",
		image->context ? image->context : "");
	if (mount->set_optsmode(context, MNT_OMODE_NOTAB) != 0 || mount->disable_mtab(context, 1) != 0 ||
		mount->disable_helpers(context, 1) != 0 || mount->set_source(context, image->path) != 0 ||
		mount->set_target(context, image->place) != 0 ||
		mount->set_fstype(context, image->type) != 0 || mount->set_options(context, options) != 0)
		return -ENOMEM;
	return 0;
}

/*
 * libmount opens the image by its path, and takes a loop device that is there already if that has the whole of it. So
 * before anything is mounted: it has to be the file that was looked at, and nobody may write to it this way.
 */
static int check_loop(const char *device, const struct image *image, struct err *err)
{
	cleanup_fd int fd = device ? open(device, O_RDONLY | O_CLOEXEC) : -1;
	struct loop_info64 info;
	struct stat st;

	if (fd < 0 || ioctl(fd, LOOP_GET_STATUS64, &info) < 0 || fstat(image->file, &st) < 0)
		return err_errno(err, errno, "look at the loop device %s", device ? device : "");
	if (info.lo_device != st.st_dev || info.lo_inode != st.st_ino)
		return err_set(err, ESTALE, "the file was replaced meanwhile: try again");
	if (!(info.lo_flags & LO_FLAGS_READ_ONLY))
		return err_set(err, EBUSY,
			"it is in use for writing by %s, and what is attached could be written to: unmount "
			"that first (findmnt %s, losetup -l)",
			device, device);
	return 0;
}

static int mount_with(struct libmnt_context *context, const struct image *image, struct err *err)
{
	const struct libmount *mount = &image->libmount;
	int rc = context ? set_up(context, image) : -ENOMEM;

	if (rc < 0)
		return err_errno(err, -rc, "libmount");
	rc = mount->prepare_mount(context); /* this takes the loop device */
	if (rc != 0)
		return libmount_error(context, image, rc, err);
	rc = check_loop(mount->get_source(context), image, err);
	if (rc < 0)
		return rc;
	rc = mount->do_mount(context);
	return rc == 0 ? 0 : libmount_error(context, image, rc, err);
}

/* Mounts it in our own mount namespace. */
static int mount_here(const struct image *image, struct err *err)
{
	struct libmnt_context *context = image->libmount.new_context();
	int rc = mount_with(context, image, err);

	image->libmount.free_context(context);
	return rc;
}

static int mount_detached(const struct image *image, struct err *err)
{
	cleanup_fd int root = FD_NONE, mounted = FD_NONE;
	int rc;

	if (unshare(CLONE_NEWNS) < 0)
		return err_errno(err, errno, "make a mount namespace");
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_errno(err, errno, "open the root directory");
	rc = mnt_make_private(root, err);
	if (rc == 0)
		rc = mount_here(image, err);
	if (rc < 0)
		return rc;
	mounted = open(image->place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return mounted < 0 ? err_errno(err, errno, "open what was mounted")
			   : mnt_clone_read_only(mounted, err);
}

/* One packet: an error, or none and a descriptor with it. */
static void send_result(int socket, int mount, const struct err *failure)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec data = {.iov_base = (void *)(uintptr_t)failure, .iov_len = sizeof(*failure)};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (mount >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(header), &mount, sizeof(int));
	}
	(void)sendmsg(socket, &message, MSG_NOSIGNAL);
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

static _Noreturn void be_mounter(const struct image *image, pid_t parent, int socket)
{
	struct err err = {0};
	int mount;

	/* A parent that ended before the prctl took effect is not our parent any more. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	mount = mount_detached(image, &err);
	send_result(socket, mount, &err);
	_exit(0);
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
	rc = libmount_load(&image.libmount, err);
	if (rc < 0)
		return rc;
	return mount_in_child(&image, err);
}
