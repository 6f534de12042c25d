/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * silent PID DIRECTORY: mounts a FUSE file system on DIRECTORY in the mount namespace of PID that says it is there, and never
 * answers to anything else. Ends when it is killed; who waits for an answer then gets an error.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void answer_init(int fuse)
{
	static char buffer[1 << 20];
	struct fuse_in_header *in = (struct fuse_in_header *)buffer;
	struct {
		struct fuse_out_header header;
		struct fuse_init_out init;
	} out = {
		.init = {
			.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096}};

	need(read(fuse, buffer, sizeof(buffer)) > 0, "read from /dev/fuse");
	out.header = (struct fuse_out_header){.len = sizeof(out), .unique = in->unique};
	need(write(fuse, &out, sizeof(out)) == sizeof(out), "write to /dev/fuse");
}

int main(int argc, char **argv)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), pidfd;
	char options[128];

	need(argc == 3, "silent PID DIRECTORY");
	need(fuse >= 0, "/dev/fuse");
	pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0);
	need(pidfd >= 0 && setns(pidfd, CLONE_NEWNS) == 0, "setns");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	need(mount("silent", argv[2], "fuse", MS_NOSUID | MS_NODEV, options) == 0, "mount");
	answer_init(fuse);
	puts("mounted");
	fflush(stdout);
	pause();
	return 0;
}
