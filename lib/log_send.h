/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One line to the system's log. Not by syslog(3): it waits for a log daemon that is stuck, and with it would a container's
 * start; and it connects anew, wherever we may be.
 */
#pragma once

/*
 * Sends TEXT, which the caller has escaped, as PROGRAM's, with PRIORITY, a facility and a level of syslog(3). Where the
 * daemon does not take it, it is waited for MILLISECONDS at the most; then the line is lost.
 */
void log_send(int priority, const char *program, const char *text, int milliseconds);
