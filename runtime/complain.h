/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors where an engine looks for a runtime's. */
#pragma once

struct options;

/*
 * TEXT and MORE behind it, one line, to standard error, to the system's log, and to the file that the engine named by --log: there as one line of
 * the form that --log-format says, which containerd and conmon read.
 */
void complain(const struct options *options, const char *text, const char *more);
