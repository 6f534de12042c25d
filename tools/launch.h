/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Launchers: bin/NAME of a tree whose program needs fixed arguments, environment variables or an argv[0] of its own. The
 * program (tools/launch/launch.c) is within this one as bytes; what it is to do is written into a copy of them.
 */
#pragma once

#include "names.h"

#include <stddef.h>

struct err;

/*
 * A program that executes PROGRAM (a path at run time) with ARGV0 as argv[0] (null: PROGRAM), ARGUMENTS and then the
 * caller's, in the caller's environment with the NAME=VALUEs of ENVIRONMENT in place of what it has of these names. Either
 * list may be null. A program that cannot be run ends with status 127 where it is missing, else 126, after a line that
 * begins with ARGV0. *RET: new memory of *RET_LENGTH bytes, the caller's: an executable file for the processor that
 * dbg-tools runs on. -E2BIG: all of this does not fit in (about 4000 bytes); -EINVAL: no NAME=VALUE, or no path;
 * -ENOTSUP: there is no launcher for this processor.
 */
int launch_make(const char *program, const char *argv0, const struct names *arguments,
	const struct names *environment, char **ret, size_t *ret_length, struct err *err);
