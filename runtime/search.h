/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real runtime: that of the configuration, and never this program itself. */
#pragma once

#include <limits.h>
#include <stdbool.h>

struct err;

/*
 * Finds the first of NAMES (as of struct policy) that is there and can be executed: an absolute path, or a name in the
 * directories where a system has its programs, whatever PATH says. What is the wrapper itself, by whatever name or link, is
 * passed over: that is the file WRAPPER, null: this program. -ENOENT: there is none; ERR tells what was looked for.
 */
int search_runtime(const char *names, const char *wrapper, char ret[PATH_MAX], struct err *err);

/*
 * Two wrappers may each take the other for the real runtime: each executes the other, in one process, for ever. After some
 * seconds of computing at that a process leaves its number in the environment; that finds it there again is going round. Both are
 * nothing that a runtime called in earnest would see.
 */
bool search_goes_round(void);
