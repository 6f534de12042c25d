/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G07-terminal.bats: types into whatever terminal it has got, as if its user had: byte by byte (TIOCSTI; since Linux 6.2
 * that takes CAP_SYS_ADMIN in the initial user namespace, or the sysctl dev.tty.legacy_tiocsti), and by pasting what is
 * selected on a console (TIOCLINUX). Tells at which of the descriptors 0, 1 and 2 each failed, as a sum of 1, 2 and 4.
 *
 *     type TEXT
 */
#include <stdio.h>
#include <sys/ioctl.h>

enum { PASTE = 3 }; /* TIOCL_PASTESEL of linux/tiocl.h */

int main(int argc, char **argv)
{
	int typed = 0, pasted = 0;

	for (int fd = 0; argc == 2 && fd < 3; fd++) {
		char paste = PASTE;

		for (const char *byte = argv[1]; *byte; byte++)
			if (ioctl(fd, TIOCSTI, byte) < 0)
				typed |= 1 << fd;
		if (ioctl(fd, TIOCLINUX, &paste) < 0)
			pasted |= 1 << fd;
	}
	printf("typed: failed %d, pasted: failed %d\n", typed, pasted);
	return 0;
}
