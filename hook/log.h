/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's messages: to syslog, where the administrator looks, since runtimes drop a hook's output. */
#pragma once

/* LEVEL: the least important syslog(3) level that is logged. */
void log_level(int level);

/* One line about container ID (null: not known), escaped: what a state or a container says cannot forge
 * another line. */
void log_line(int level, const char *id, const char *format, ...) __attribute__((format(printf, 3, 4)));
