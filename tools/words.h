/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line's words, with quotes as a shell has them. */
#pragma once

struct names;

/*
 * Adds the words of TEXT to *RET: split at blanks and tabs; what stands between single quotes is kept as it is, and so it
 * is between double ones, but that \" is a quote there and \\ a backslash. '' is an empty word. Nothing else is special.
 * Return 0, -EINVAL (a quote that does not end) or -ENOMEM; *RET then holds some of the words.
 */
int words_split(const char *text, struct names *ret);
