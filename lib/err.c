/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds MORE behind TEXT, as far as it fits in SIZE bytes. */
static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text);

	while (*more && used + 1 < size)
		text[used++] = *more++;
	text[used] = '\0';
}

int err_set(struct err *err, int number, const char *format, ...)
{
	int saved = errno;
	va_list ap;

	err->number = number;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	errno = saved;
	return -number;
}

int err_errno(struct err *err, int number, const char *format, ...)
{
	int saved = errno;
	va_list ap;

	err->number = number;
	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	append(err->text, sizeof(err->text), ": ");
	/* The C locale's texts are built in: nothing is loaded from wherever we are. */
	append(err->text, sizeof(err->text), strerror(number));
	errno = saved;
	return -number;
}

int err_prefix(struct err *err, const char *format, ...)
{
	char head[sizeof(err->text)];
	va_list ap;

	if (!err->number)
		err_set(err, EIO, "no reason was given");
	va_start(ap, format);
	vsnprintf(head, sizeof(head), format, ap);
	va_end(ap);
	append(head, sizeof(head), ": ");
	append(head, sizeof(head), err->text);
	memcpy(err->text, head, sizeof(head));
	return -err->number;
}
