/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dbg-tools says. The one file of it that prints, but for what options.c has getopt say. */
#pragma once

struct json_writer;

/* One line on standard error, "dbg-tools: ...", escaped. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for a line that is whole: a callback for progress. */
void note(const char *text);

/* TEXT as it is on standard output: what may hold a file's text is escaped by the caller. Returns the exit status: output
 * that could not be written (a full disk behind a redirection) is a failure, and said. */
int say(const char *text);

/* The same for a JSON document, which is finished and freed. */
int say_json(struct json_writer *writer);
