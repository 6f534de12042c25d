/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the loader would find a library: ld.so(8), without its cache. */
#pragma once

#include "names.h"

#include <stdbool.h>

struct elf_arch;
struct err;
struct root;

enum { SEARCH_DIRECTORY_LIMIT = 256, SEARCH_INCLUDE_DEPTH = 8, SEARCH_VARIANT_LIMIT = 16 };
enum {
	SEARCH_FILE_LIMIT = 1024,
	SEARCH_INCLUDE_LIMIT = 256
};                                   /* of configuration files, and of their lines that include some */
enum { SEARCH_TRY_LIMIT = 1 << 20 }; /* of files, in all */

struct search {
	const struct root *root;
	const struct elf_arch *arch; /* other files are passed by, as the loader does */
	struct names directories;    /* after the objects' own: configured, then default ones */
	size_t configurations, included, tried;
};

/* An object that needs libraries, and those that brought it, up to the program: an RPATH counts for all below it. */
struct search_from {
	const char *origin; /* the directory that it was found in; what $ORIGIN stands for */
	const char *rpath;  /* null: none */
	const char *runpath;
	const struct search_from *parent; /* null: the program itself */
};

/*
 * Reads CONFIGURATION (/etc/ld.so.conf and what it includes; it may be missing), then adds the
 * default directories of ARCH. MUSL: musl's three directories instead. *RET is the caller's, freed
 * by search_free.
 */
int search_init(struct search *ret, const struct root *root, const struct elf_arch *arch, bool musl,
	const char *configuration, struct err *err);
void search_free(struct search *search);

/*
 * Finds NEEDED (a plain name) for FROM. *RET_PATH: new memory, the caller's; the file was there and
 * of the right architecture. -ENOENT: nowhere; ERR is not set then. -E2BIG: files that need each other
 * with long RPATHs have it look in too many places.
 */
int search_library(struct search *search, const struct search_from *from, const char *needed, char **ret_path,
	struct err *err);

/*
 * The variants of the library at PATH, for processors that can more: glibc-hwcaps/LEVEL/NAME beside it (glibc 2.33). Adds
 * "LEVEL/NAME" for each to *RET, in no order. Return 0 or -ENOMEM.
 */
int search_variants(const struct search *search, const char *path, struct names *ret);

/*
 * Puts ORIGIN, LIB and PLATFORM in place of $ORIGIN, ${ORIGIN} and so on in the LENGTH bytes of
 * TEXT. Returns new memory, or null: no memory, a variable that no loader knows, or a result of
 * more than 4095 bytes.
 */
char *search_expand(
	const char *text, size_t length, const char *origin, const char *lib, const char *platform);
