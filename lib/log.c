/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log.h"

#include "log_send.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static const char *name = "oci-crashcart";
static int threshold = LOG_NOTICE;

void log_program(const char *program)
{
	name = program;
}

void log_level(int level)
{
	threshold = level;
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
	log_send(LOG_DAEMON | level, name, line, 0);
}
