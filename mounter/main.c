/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mount-image SOCKET FILE TYPE PLACE PATH [CONTEXT]: run by dbg-inject (lib/mnt_image.c), which is static, as libmount is not.
 * Mounts the image behind the descriptor FILE, whose path is PATH, in a mount namespace of its own on the directory PLACE, and
 * sends a detached clone of the mount, or an error, to SOCKET.
 */
#include "err.h"
#include "mnt.h"
#include "mnt_image.h"
#include "util.h"

#include <fcntl.h>
#include <libmount.h>
#include <limits.h>
#include <linux/loop.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct image {
	int file;
	const char *type, *place, *path, *context;
};

/* What libmount says of its step that returned RC; where the kernel has said something, that. */
static int libmount_error(struct libmnt_context *context, const struct image *image, int rc, struct err *err)
{
	int number = mnt_context_syscall_called(context) ? mnt_context_get_syscall_errno(context) : 0;
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
	(void)mnt_context_get_excode(context, rc, text, sizeof(text));
	return err_set(err, EIO, "libmount: %s", *text ? text : "it cannot be mounted");
}

static int set_up(struct libmnt_context *context, const struct image *image)
{
	char options[256];

	/* noload: a journal is not played back, which would be a write. */
	snprintf(options, sizeof(options), "loop,ro,nosuid,nodev%s%s%s",
		strcmp(image->type, "ext4") == 0 ? ",noload" : "", image->context ? ",context=" : "",
		image->context ? image->context : "");
	if (mnt_context_set_optsmode(context, MNT_OMODE_NOTAB) != 0 ||
		mnt_context_disable_mtab(context, 1) != 0 || mnt_context_disable_helpers(context, 1) != 0 ||
		mnt_context_set_source(context, image->path) != 0 ||
		mnt_context_set_target(context, image->place) != 0 ||
		mnt_context_set_fstype(context, image->type) != 0 ||
		mnt_context_set_options(context, options) != 0)
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
	int rc = context ? set_up(context, image) : -ENOMEM;

	if (rc < 0)
		return err_errno(err, -rc, "libmount");
	rc = mnt_context_prepare_mount(context); /* this takes the loop device */
	if (rc != 0)
		return libmount_error(context, image, rc, err);
	rc = check_loop(mnt_context_get_source(context), image, err);
	if (rc < 0)
		return rc;
	rc = mnt_context_do_mount(context);
	return rc == 0 ? 0 : libmount_error(context, image, rc, err);
}

/* Mounts it in our own mount namespace. */
static int mount_here(const struct image *image, struct err *err)
{
	struct libmnt_context *context = mnt_new_context();
	int rc = mount_with(context, image, err);

	mnt_free_context(context);
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

static bool read_descriptor(const char *text, int *ret)
{
	uint64_t number;

	if (!util_number(text, 3, INT_MAX, &number))
		return false;
	*ret = (int)number;
	return fcntl(*ret, F_SETFD, FD_CLOEXEC) == 0;
}

int main(int argc, char **argv)
{
	struct image image = {0};
	struct err err = {0};
	int socket, mount;

	if (argc < 6 || argc > 7 || !read_descriptor(argv[1], &socket) ||
		!read_descriptor(argv[2], &image.file)) {
		fputs("mount-image: it is run by dbg-inject, for tools that are an image\n", stderr);
		return 2;
	}
	image.type = argv[3];
	image.place = argv[4];
	image.path = argv[5];
	image.context = argv[6];
	mount = mount_detached(&image, &err);
	send_result(socket, mount, &err);
	return mount < 0;
}
