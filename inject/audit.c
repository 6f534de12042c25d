/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "audit.h"

#include "bounds.h"
#include "collect.h"
#include "log_send.h"
#include "login.h"
#include "userns.h"
#include "util.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

enum { USER_SIZE = 256 };

static void find_user(char text[USER_SIZE])
{
	cleanup_fd int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char digits[16] = "";
	uint64_t uid = getuid();
	uid_t outside;

	if (fd >= 0 && read(fd, digits, sizeof(digits) - 1) > 0)
		(void)util_number(digits, 0, UINT32_MAX - 1, &uid); /* (uid_t)-1: there was no login */
	if (uid == 0 && userns_is_rootless(&outside))               /* in there the user is root */
		uid = outside;
	login_name((uid_t)uid, text, USER_SIZE);
}

/* Asked once: the name service may be slow. */
const char *audit_user(void)
{
	static char text[USER_SIZE];

	if (!*text)
		find_user(text);
	return text;
}

void audit(const struct known *container, const char *format, ...)
{
	char what[1100], line[1700], safe[2600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	snprintf(line, sizeof(line), "%s: %.255s%s(%s): %s", audit_user(),
		container->name ? container->name : "", container->name ? " " : "", container->record.id,
		what);
	log_send(LOG_AUTHPRIV | LOG_NOTICE, "dbg-inject", util_escape(safe, sizeof(safe), line),
		AUDIT_WAIT_MILLISECONDS);
}
