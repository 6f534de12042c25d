/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of the host that goes into a tree. */
#pragma once

#include "elf.h"
#include "search.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct err;

struct object {
	char *name;   /* in bin/ or lib/ */
	char *source; /* on the host, without symbolic links */
	char *origin; /* what $ORIGIN stands for */
	struct stat stat;
	struct elf_info elf;
	struct search_from from; /* points into this object and into those that brought it */
};

/* Starts as {0}. Each object is allocated by itself, since others point to it. */
struct objects {
	struct object **item;
	size_t count;
};

/*
 * Reads the ELF file PATH. PARENT: the object that needs it, null for a program; the loader takes
 * the origin of a program after its symbolic links, that of a library before. *RET: the caller's,
 * freed by object_free. -ENOEXEC: not an ELF file.
 */
int object_read(const char *path, const char *name, const struct object *parent, struct object **ret,
	struct err *err);
void object_free(struct object **object);
#define cleanup_object __attribute__((cleanup(object_free)))

bool object_is_static(const struct object *object);

/* Appends; OBJECT is the list's from then on. Return 0 or -ENOMEM. */
int objects_add(struct objects *objects, struct object *object);
struct object *objects_find(const struct objects *objects, const char *name); /* null: none */
void objects_sort(struct objects *objects);
void objects_free(struct objects *objects);

/*
 * Where the program NAME is: itself if it has a "/", else below the first directory of PATH
 * (separated by ":"), and then of the usual ones, that holds an executable of this name. *RET_PATH:
 * the caller's. -ENOENT: nowhere.
 */
int object_locate(const char *name, const char *path, char **ret_path, struct err *err);
