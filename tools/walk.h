/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that is in a directory, in an order that does not change. */
#pragma once

#include <sys/stat.h>

struct err;

/* PATH: below the directory that was begun with, "bin/gdb". A result below zero, with ERR set, ends the walk. */
typedef int walk_visitor(const char *path, const struct stat *st, void *context, struct err *err);

/*
 * Visits each file below DIRFD, directories before what is in them, names in the order of their bytes. Follows no
 * symbolic link. Needs /proc. -ELOOP: directories too deep.
 */
int walk(int dirfd, walk_visitor *visit, void *context, struct err *err);
