/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log_send.h"

#include "util.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

void log_send(int priority, const char *program, const char *text, int milliseconds)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	struct timeval limit = {milliseconds / 1000, milliseconds % 1000 * 1000L};
	char line[3000];
	int length;

	/*
	 * RFC 3164 without its time stamp, which whoever receives the line adds then (4.3.3), and journald and rsyslog do in any
	 * case: to know the local time, a static program would read /etc/localtime at each start.
	 */
	length = snprintf(line, sizeof(line), "<%d>%s[%d]: %s", priority, program, getpid(), text);
	if (length >= (int)sizeof(line))
		length = sizeof(line) - 1;
	if (fd < 0 || (milliseconds && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0))
		return;
	(void)sendto(fd, line, (size_t)length, MSG_NOSIGNAL | (milliseconds ? 0 : MSG_DONTWAIT),
		(struct sockaddr *)&address, sizeof(address));
}
