/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files packages*.c share. */
#pragma once

#include "packages.h"

#include <stdbool.h>
#include <stdint.h>

enum { PACKAGES_ALIAS_LIMIT = 8 };

/* A directory that is a link to another: files below it go by two names. */
struct packages_alias {
	const char *from; /* "/bin" */
	char *to;         /* "/usr/bin" */
};

struct packages {
	const struct root *root;
	int cancel;
	bool dpkg, distroless;
	const char *apk; /* the text, in the root; null: none */
	const char *rpm; /* the directory, in the root; null: none */
	char *listing;   /* what rpm says, once it was asked: strings up to listing_end */
	const char *listing_end;
	struct packages_alias alias[PACKAGES_ALIAS_LIMIT];
	size_t alias_count;
};

/* True for what may be the name, with or without ":ARCH", of a package: it can be part of a path and is no option. */
bool packages_is_name(const char *text);
bool packages_is_version(const char *text);

/* ---- paths (packages_wanted.c) ---- */

int packages_find_aliases(struct packages *packages);

struct wanted_slot {
	char *path; /* as packages_alias has it; null: free */
	size_t index;
	uint32_t hash;
};

/* A hash table of the paths whose owners are looked for. */
struct wanted {
	const struct packages *packages;
	struct wanted_slot *slot;
	size_t size; /* a power of two */
	size_t left; /* paths without an owner */
	struct package *ret;
};

int wanted_init(struct wanted *wanted, const struct packages *packages, const char *const *paths,
	size_t count, struct package *ret);
void wanted_free(struct wanted *wanted);
#define cleanup_wanted __attribute__((cleanup(wanted_free)))

/* PATH is of the package NAME. Who comes first owns it. VERSION: null or not a version: not known. Returns 0 or -ENOMEM. */
int wanted_owned(struct wanted *wanted, const char *path, const char *name, const char *version);

/* ---- texts (packages_text.c): pure, and they write to the text ---- */

/* Takes the line at *CURSOR off the text that ends at END, where there has to be a NUL. One with a NUL in it is cut to
 * nothing. Null: no more. */
char *text_line(char **cursor, char *end);

/* PATH is absolute, and without ".", ".." and empty components. */
bool text_is_path(const char *path);

/* A paragraph of dpkg's status. Texts lie in the text that was read; null where the paragraph has none. */
struct dpkg_paragraph {
	const char *name, *version, *architecture;
	bool same;    /* several architectures may be installed beside each other */
	bool present; /* its files are there: installed, or nearly */
};

bool dpkg_next(char **cursor, char *end, struct dpkg_paragraph *ret);

/* The path in LINE of a .list or .md5sums file, within LINE; null: none. */
const char *dpkg_path(char *line);

/* Starts as {0}. */
struct apk_reader {
	const char *name, *version, *directory; /* in the text */
	char path[4096];
};

/* The next package (*RET_PATH is null), or the next file of it. False: no more. */
bool apk_next(char **cursor, char *end, struct apk_reader *reader, const char **ret_path);

/*
 * The databases, for those that are there. FILES: 1: found; 0: there is no such package. OWNERS: the front knows which
 * errors count.
 */

int dpkg_files(struct packages *packages, const char *name, struct names *paths, struct err *err);
int dpkg_owners(struct packages *packages, struct wanted *wanted, struct err *err);
int apk_files(struct packages *packages, const char *name, struct names *paths, struct err *err);
int apk_owners(struct packages *packages, struct wanted *wanted, struct err *err);
int rpm_files(struct packages *packages, const char *name, struct names *paths, struct err *err);
int rpm_owners(struct packages *packages, struct wanted *wanted, struct err *err);

/* Adds PATH to PATHS, within the limit. */
int packages_add_path(struct names *paths, const char *path, struct err *err);
