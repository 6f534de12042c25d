/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"

#include <stdarg.h>
#include <stdio.h>

/* A name or an error may hold text of a container's: it is escaped as a whole, behind our own words. */
static __attribute__((format(printf, 4, 0))) void print(
	FILE *stream, const char *head, const char *about, const char *format, va_list ap)
{
	char text[1024], safe[2048], safe_about[256];

	vsnprintf(text, sizeof(text), format, ap);
	util_escape(safe, sizeof(safe), text);
	if (about)
		fprintf(stream, "%s%s: %s\n", head, util_escape(safe_about, sizeof(safe_about), about), safe);
	else
		fprintf(stream, "%s%s\n", head, safe);
}

int complain(const char *about, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print(stderr, "dbg-inject: ", about, format, ap);
	va_end(ap);
	return EXIT_OURS;
}

int complain_err(const char *about, const struct err *err)
{
	return complain(about, "%s", err->text);
}

void say(const struct options *options, const char *about, const char *format, ...)
{
	va_list ap;

	if (options->quiet)
		return;
	va_start(ap, format);
	print(stdout, "", about, format, ap);
	va_end(ap);
}

void tell_more(const struct options *options, const char *about, const char *format, ...)
{
	va_list ap;

	if (!options->verbose)
		return;
	va_start(ap, format);
	print(stderr, "dbg-inject: ", about, format, ap);
	va_end(ap);
}
