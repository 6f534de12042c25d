/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small helpers: cleaners declared with their variable, ownership by name, text that is safe to show. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A closed descriptor: never 0, so that a forgotten initialiser does not close stdin. */
#define FD_NONE (-EBADF)

static inline void close_keep_errno(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = FD_NONE;
	errno = saved;
}

static inline void free_keep_errno(void *pointer)
{
	int saved = errno;

	free(*(void **)pointer);
	*(void **)pointer = NULL;
	errno = saved;
}

#define cleanup_fd __attribute__((cleanup(close_keep_errno)))
#define cleanup_free __attribute__((cleanup(free_keep_errno)))

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = FD_NONE;
	return taken;
}

/* Ownership moves: the variable is left empty, its cleaner has nothing to do. */
#define TAKE_FD(fd) take_fd(&(fd))
#define TAKE_PTR(pointer)                                                                                    \
	({                                                                                                   \
		__typeof__(pointer) taken_ = (pointer);                                                      \
		(pointer) = NULL;                                                                            \
		taken_;                                                                                      \
	})

/* WHEN, seconds since 1970, in UTC as 2026-01-31T23:59:59Z. gmtime(3) would read /etc/localtime first. */
void util_time_text(int64_t when, char ret[32]);

/* Milliseconds of CLOCK_MONOTONIC, for limits. */
int64_t util_now(void);

/*
 * Copies TEXT to OUT (SIZE bytes, at least 1) with each byte that is a control character, a backslash or not
 * ASCII as \xNN, so that no container's text can steer a terminal or forge a log line. Cuts what does not
 * fit. Returns OUT.
 */
char *util_escape(char *out, size_t size, const char *text);

/* Parses the whole of TEXT as a decimal number between MIN and MAX. No sign, no blanks. */
bool util_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

/* The same for a number of bytes: digits, and perhaps K, M or G behind them (1024, its square, its cube). */
bool util_size(const char *text, uint64_t *ret);

/* printf into new memory, the caller's to free. Null when there is no memory. */
char *util_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
