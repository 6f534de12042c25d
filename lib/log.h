/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of programs that a runtime or an engine calls: to syslog, where the administrator looks. */
#pragma once

/* PROGRAM: who logs, a constant; at once, before anything is logged. */
void log_program(const char *program);

/* LEVEL: the least important syslog(3) level that is logged. */
void log_level(int level);

/* One line about container ID (null: not known), escaped: what a state or a container says cannot forge
 * another line. */
void log_line(int level, const char *id, const char *format, ...) __attribute__((format(printf, 3, 4)));
