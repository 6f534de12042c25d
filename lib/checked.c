/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For programs that are linked to musl: what a libyajl calls that was built for glibc with _FORTIFY_SOURCE. The checks are kept.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-reserved-identifier): the C library's names */

void *__memcpy_chk(void *to, const void *from, size_t length, size_t room);
int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void *__memcpy_chk(void *to, const void *from, size_t length, size_t room)
{
	if (length > room)
		abort();
	return memcpy(to, from, length);
}

int __snprintf_chk(char *to, size_t size, int flag, size_t room, const char *format, ...)
{
	va_list arguments;
	int length;

	(void)flag;
	if (size > room)
		abort();
	va_start(arguments, format);
	length = vsnprintf(to, size, format, arguments);
	va_end(arguments);
	return length;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
	va_list arguments;
	int length;

	(void)flag;
	va_start(arguments, format);
	length = vsnprintf(to, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room)
		abort();
	return length;
}

/* NOLINTEND(bugprone-reserved-identifier) */
