/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A text with a few places in it changed, and every other byte as it was. Pure. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

struct splices {
	struct splice {
		size_t start, end; /* the bytes from START to before END of the original */
		char *text;        /* what takes their place */
	} list[SPLICES_LIMIT];     /* in the order of START */
	size_t count;
};

/*
 * TEXT in the place of those bytes; it is taken in any case. Places do not overlap. Texts at one place stay in the order that
 * they came in. -ENOMEM: also for a null TEXT. -E2BIG: more than SPLICES_LIMIT.
 */
int splice_add(struct splices *splices, size_t start, size_t end, char *text, struct err *err);

/* Is there one that begins at START? */
bool splice_is_at(const struct splices *splices, size_t start);

/* *RET: the LENGTH bytes of TEXT with all of them, and a NUL; the caller's to free. */
int splice_join(const struct splices *splices, const char *text, size_t length, char **ret,
	size_t *ret_length, struct err *err);
void splice_release(struct splices *splices);
#define cleanup_splices __attribute__((cleanup(splice_release)))
