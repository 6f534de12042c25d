/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the test programs share: results as TAP lines on standard output, files of the source tree, and scratch
 * directories. A program ends with `return tap_done()`. One that takes longer than two minutes is killed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each prints one line, "ok N - NAME" or "not ok N - NAME", and behind the latter what was got and what was wanted. */
bool tap_ok(bool good, const char *name, ...) __attribute__((format(printf, 2, 3)));
bool tap_string(const char *got, const char *wanted, const char *name, ...)
	__attribute__((format(printf, 3, 4)));
bool tap_number(int64_t got, int64_t wanted, const char *name, ...) __attribute__((format(printf, 3, 4)));
/* PART is somewhere in GOT. */
bool tap_contains(const char *got, const char *part, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

/* For what may crash or hang: FUNCTION is called in a child, and has ten seconds. Its own results are not counted. */
bool tap_survives(void (*function)(void), const char *name, ...) __attribute__((format(printf, 2, 3)));

void tap_skip(const char *why, const char *name, ...) __attribute__((format(printf, 2, 3)));

/* Looks whether a descriptor was forgotten, and prints the plan. Returns the program's exit status. */
int tap_done(void);

/* The path of a file of the source tree: below $srcdir (automake sets it), or here. The caller's to free. */
char *tap_source(const char *file);

/* The whole of FILE of the source tree; new memory of exactly that many bytes and a NUL. Ends the program if it is not there. */
char *tap_read(const char *file, size_t *ret_length);

/* New memory of exactly LENGTH bytes, no NUL behind them, so that the sanitizer sees a read beyond. The caller's to free. */
char *tap_exact(const void *data, size_t length);

/* A directory of its own for one test. */
struct scratch {
	char path[64];
	int fd;
};

void scratch_make(struct scratch *ret);
/* Removes it with all that is in it. */
void scratch_remove(struct scratch *scratch);
/* Makes the file NAME with TEXT and MODE (whatever the umask) in it. */
void scratch_file(const struct scratch *scratch, const char *name, unsigned int mode, const char *text);
/* PATH/NAME, in one of four buffers that are used in turn. */
const char *scratch_path(const struct scratch *scratch, const char *name);
