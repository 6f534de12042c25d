/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reader of /proc/PID/mountinfo (proc(5)). The hook is static and there is no static libmount, so there is
 * this one parser for both programs: one pass, no memory of its own.
 */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

/* One line. Texts are unescaped, and lie in the buffer that was given. */
struct mount_entry {
	int id, parent;
	unsigned int major, minor;
	const char *root;    /* of the mount, in its file system */
	const char *point;   /* below the process's root directory */
	const char *options; /* of the mount: ro,nosuid,... */
	unsigned int shared; /* peer group; 0: not shared */
	unsigned int master; /* peer group of its master; 0: no slave */
	const char *type, *source;
	const char *super; /* options of the file system: rw,... */
};

/* Takes the next line from *CURSOR, which walks through a writable text that ends in NUL. False at the end;
 * lines that are none are passed over. */
bool mountinfo_next(char **cursor, struct mount_entry *ret);

/* The line of the mount ID in TABLE, a writable text as above; what is before it is cut up. */
bool mountinfo_find(char *table, unsigned long long id, struct mount_entry *ret);

/* True if the comma-separated OPTIONS have OPTION. */
bool mountinfo_has_option(const char *options, const char *option);
