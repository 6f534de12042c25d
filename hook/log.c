/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

void log_open(int level)
{
	openlog("oci-crashcart-hook", LOG_PID, LOG_DAEMON);
	setlogmask(LOG_UPTO(level));
}

void log_line(int level, const char *id, const char *format, ...)
{
	char text[1024], safe[1200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	util_escape(safe, sizeof(safe), text);
	if (id)
		syslog(level, "%s: %s", id, safe);
	else
		syslog(level, "%s", safe);
}
