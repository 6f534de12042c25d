/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#include "err.h"
#include "json.h"
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void complain(const char *format, ...)
{
	char text[8192], safe[4 * sizeof(text)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	fprintf(stderr, "dbg-tools: %s\n", util_escape(safe, sizeof(safe), text));
}

void note(const char *text)
{
	complain("%s", text);
}

int say(const char *text)
{
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
		complain("standard output: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int say_json(struct json_writer *writer)
{
	cleanup_free char *text = NULL;
	struct err err = {0};

	if (json_writer_finish(writer, &text, NULL, &err) == 0)
		return say(text);
	complain("%s", err.text);
	return EXIT_FAILURE;
}
