/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Not by syslog(3): it waits for a log daemon that is stuck, and with it would a container's start; and it connects anew,
 * wherever we may be. One datagram, which is dropped when there is no room.
 */
#include "log.h"

#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

static int threshold = LOG_NOTICE;

void log_level(int level)
{
	threshold = level;
}

static void send_line(int level, const char *text)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char line[1500], stamp[32] = "";
	time_t now = time(NULL);
	struct tm local;
	int length;

	/* The form of RFC 3164, as syslog(3) has it. */
	if (localtime_r(&now, &local))
		strftime(stamp, sizeof(stamp), "%b %e %T", &local);
	length = snprintf(line, sizeof(line), "<%d>%s oci-crashcart-hook[%d]: %s", LOG_DAEMON | level, stamp,
		getpid(), text);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		(void)send(fd, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void log_line(int level, const char *id, const char *format, ...)
{
	char text[1024], safe[1200], line[1420];
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	util_escape(safe, sizeof(safe), text);
	snprintf(line, sizeof(line), "%s%s%s", id ? id : "", id ? ": " : "", safe);
	send_line(level, line);
}
