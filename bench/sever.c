/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sever PID: makes /dev/crashcart private in the mount namespace of PID, as crun does after its create-stage hooks. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", argc == 2 ? argv[1] : "self");
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNS) < 0 ||
		mount(NULL, "/dev/crashcart", NULL, MS_PRIVATE, NULL) < 0) {
		perror("sever");
		return 1;
	}
	return 0;
}
