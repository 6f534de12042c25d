/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests/terminal.bats: types into whatever terminal it has got (TIOCSTI), as if its user had. Since Linux 6.2 that
 * takes CAP_SYS_ADMIN in the initial user namespace, or the sysctl dev.tty.legacy_tiocsti.
 *
 *     type TEXT
 */
#include <stdio.h>
#include <sys/ioctl.h>

int main(int argc, char **argv)
{
	int failed = 0;

	for (int fd = 0; argc == 2 && fd < 3; fd++)
		for (const char *byte = argv[1]; *byte; byte++)
			if (ioctl(fd, TIOCSTI, byte) < 0)
				failed |= 1 << fd;
	printf("typed: failed %d\n", failed);
	return 0;
}
