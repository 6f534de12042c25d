/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program or library that goes into a tree. */
#pragma once

#include "elf.h"
#include "hash.h"
#include "root.h"
#include "search.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct err;
struct recipe;

enum { OBJECT_SIZE_LIMIT = 1 << 30 };

struct object {
	char *name;   /* of the tool, or the library's own */
	char *place;  /* in the tree: "bin/gdb", "lib/wrapped/gdb", "lib/libc.so.6" */
	char *source; /* in the root file system, without symbolic links */
	char *origin; /* what $ORIGIN stands for */
	struct stat stat;
	char hash[HASH_TEXT]; /* of the source's content */
	struct elf_info elf;
	struct search_from from;     /* points into this object and into those that brought it */
	char *shebang;               /* of a script, its first line in the tree; else null */
	size_t shebang_length;       /* of the line that it replaces */
	const struct recipe *recipe; /* of a tool; null: none */
	char *package, *package_version;
};

/* Starts as {0}. Each object is allocated by itself, since others point to it. */
struct objects {
	struct object **item;
	size_t count;
};

/*
 * Reads the ELF file or script PATH of ROOT. PARENT: the object that needs it, null for a program; the loader takes
 * the origin of a program after its symbolic links, that of a library before. *RET: the caller's,
 * freed by object_free. -ENOEXEC: neither an ELF file nor a script. Of a script, shebang is its first line as it is.
 */
int object_read(const struct root *root, const char *path, const char *name, const struct object *parent,
	struct object **ret, struct err *err);
void object_free(struct object **object);
#define cleanup_object __attribute__((cleanup(object_free)))

bool object_is_static(const struct object *object);
bool object_is_script(const struct object *object);

/* Arguments or an environment come with it: what is called by its name is a launcher (launch.h). */
bool object_is_wrapped(const struct object *object);

/* Appends; OBJECT is the list's from then on. Return 0 or -ENOMEM. */
int objects_add(struct objects *objects, struct object *object);
struct object *objects_find(const struct objects *objects, const char *name); /* null: none */
void objects_sort(struct objects *objects);                                   /* by place */
void objects_free(struct objects *objects);

/*
 * Where the program NAME is in ROOT: itself if it is an absolute path, else below the first directory of PATH
 * (separated by ":"; null: none), and then of the usual ones, that holds an executable of this name. *RET_PATH:
 * the caller's. -ENOENT: nowhere; ERR is not set.
 */
int object_locate(
	const struct root *root, const char *name, const char *path, char **ret_path, struct err *err);
