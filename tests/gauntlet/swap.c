/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G04-race.bats: exchanges two names in /dev without a pause: what was looked at is another when it is used.
 *
 *     swap LINK-TARGET      /dev/crashcart is a directory, and then a link to that, and then a directory ...
 *
 * Where a mount is on the directory, it is unmounted, as far as the container may. Each thousandth exchange is a line of output.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long count = 0;

	(void)mkdir("/dev/crashcart", 0755);
	if (argc < 2 || chdir("/dev") < 0 || symlink(argv[1], "link") < 0)
		return 1;
	dprintf(STDOUT_FILENO, "ready\n");
	for (;;) {
		if (renameat2(AT_FDCWD, "crashcart", AT_FDCWD, "link", RENAME_EXCHANGE) < 0) {
			(void)umount2("crashcart", MNT_DETACH | UMOUNT_NOFOLLOW);
			(void)umount2("link", MNT_DETACH | UMOUNT_NOFOLLOW);
			(void)mkdir("crashcart", 0755);
			(void)mkdir("link", 0755);
			(void)symlink(argv[1], "link");
		} else if (++count % 1000 == 0) {
			dprintf(STDOUT_FILENO, "%lu\n", count);
		}
	}
}
