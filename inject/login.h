/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of the host's users. dbg-inject is static: name services of the C library's would have to be loaded into it.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The name of the user UID into RET, SIZE bytes; the number, where no name is found. */
void login_name(uid_t uid, char *ret, size_t size);
