/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors as values: a caller-owned number and one line of text. No heap, so usable between fork and exec. */
#pragma once

/* The caller owns it, on its stack; nothing to free. Untouched by functions that succeed. */
struct err {
	int number;     /* an errno value, above zero once set */
	char text[640]; /* one line, no newline: what failed, and why. May hold raw text of a container's. */
};

/* For a caller to whom the number is enough: nobody passes null. */
#define ERR_IGNORED (&(struct err){0})

/*
 * err_set: sets the whole line. err_errno: appends ": " and the text of NUMBER.
 * NUMBER: an errno value above zero.
 * Return -NUMBER, so that `return err_set(...)` reads as it means. errno is kept.
 */
int err_set(struct err *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));
int err_errno(struct err *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " in front of what is set. Returns -err->number, or -EIO where none was set. */
int err_prefix(struct err *err, const char *format, ...) __attribute__((nonnull, format(printf, 2, 3)));
