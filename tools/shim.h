/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library of ours that some tools are given (tools/shim/user.c), as bytes within this program:
 * nothing to find or install. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SHIM_NAME "libcrashcart-user.so"

/* True if the tool NAME wants to become another user, and ends if it cannot. */
bool shim_is_wanted(const char *name);

const char *shim_content(size_t *ret_length);
