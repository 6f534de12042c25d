/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For G08-libraries.bats and G10-hook.bats: a library of an image's. It tells, by /run/lab/evil.log, the host's or the container's, whose program it is in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void evil(void)
{
	char program[256] = "";
	int fd = open("/run/lab/evil.log", O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0) /* of another pid namespace */
		snprintf(program, sizeof(program), "%s", program_invocation_name);
	if (fd >= 0)
		dprintf(fd, "%s\n", program);
	close(fd);
}
