/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who did what to which container: lines in the system's log, facility authpriv, level notice. */
#pragma once

struct known;

/* Who asked: the login, which su and sudo leave as it was (audit's loginuid), else the caller. A name, or a number; not to be freed. */
const char *audit_user(void);

/* "USER: NAME (ID): FORMAT", escaped. Waits a second at the most for a log daemon that is stuck. */
void audit(const struct known *container, const char *format, ...) __attribute__((format(printf, 2, 3)));
