/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"

#include "collect.h"
#include "log_send.h"
#include "util.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

enum { WAIT_MILLISECONDS = 1000 };

void audit_user(char text[AUDIT_USER_SIZE])
{
	cleanup_fd int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char digits[16] = "";
	uint64_t uid = getuid();
	struct passwd *entry;

	if (fd >= 0 && read(fd, digits, sizeof(digits) - 1) > 0)
		(void)util_number(digits, 0, UINT32_MAX - 1, &uid); /* (uid_t)-1: there was no login */
	entry = getpwuid((uid_t)uid);
	if (entry)
		snprintf(text, AUDIT_USER_SIZE, "%s", entry->pw_name);
	else
		snprintf(text, AUDIT_USER_SIZE, "%lu", (unsigned long)uid);
}

void audit(const struct known *container, const char *format, ...)
{
	char user[AUDIT_USER_SIZE], what[1100], line[1700], safe[2600];
	va_list ap;

	audit_user(user);
	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s: %s%s(%.64s): %s", user, container->name ? container->name : "",
		container->name ? " " : "", container->record.id, what);
	log_send(LOG_AUTHPRIV | LOG_NOTICE, "dbg-inject", util_escape(safe, sizeof(safe), line),
		WAIT_MILLISECONDS);
}
