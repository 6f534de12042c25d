/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A root with package databases, made in a scratch directory, and questions to them. What fails without a fault of ours aborts. */
#pragma once

#include "../../tools/names.h"
#include "err.h"
#include "packages.h"
#include "root.h"
#include "tap.h"

extern struct scratch scratch;
extern struct root root; /* "root" in there */
extern struct packages *packages;
extern struct names files;
extern struct package owners[4];
extern struct err err; /* of the last question */

void directory(const char *name); /* and those above it */
void file(const char *name, const char *text);
void bytes(const char *name, const char *text, size_t length);
void link_to(const char *target, const char *name);

void open_packages(void);       /* anew, as the root is now */
int files_of(const char *name); /* what packages_files says; the files are in `files` */
const char *joined(void);       /* all of them in one text */
void forget_owners(void);

/* "NAME VERSION" of the owner of PATH alone, "NAME" without a version, "" where nobody owns it. */
const char *owner_of(const char *path);

void end_packages(void); /* frees all of it */
