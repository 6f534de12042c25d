/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Work in a process beside: this one is to become the runtime, and must not be changed by what is done before that, nor
 * by what goes wrong there.
 */
#pragma once

#include "bounds.h"

struct err;

/*
 * Calls WORK in a child process, and waits for it; kills it after ASIDE_SECONDS. Returns what WORK returns, with its err, or
 * -ECHILD: it crashed or got stuck. Nothing is left of the child: no signal, no zombie. CONTEXT: what WORK changes of it,
 * the caller does not see.
 */
int aside(int (*work)(void *context, struct err *err), void *context, struct err *err);
