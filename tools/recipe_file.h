/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where recipes and presets lie, and what their lines have in common. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;
struct names;
struct recipe_name;

struct recipe_file {
	char *directory; /* the one of DIRECTORIES that has it */
	char *path;      /* for messages */
	char *text;
};

#define RECIPE_FILE_NONE ((struct recipe_file){0})

/*
 * Reads PATH (relative) below the first of DIRECTORIES that has it. Both the file and the directory it lies in have to be
 * trusted. *RET: the caller's, freed by recipe_file_free. -ENOENT: there is none; ERR is not set.
 */
int recipe_file_read(const char *directories, const char *path, struct recipe_file *ret, struct err *err);
void recipe_file_free(struct recipe_file *file);
#define cleanup_recipe_file __attribute__((cleanup(recipe_file_free)))

/* Adds to *RET, sorted and each once, the names of the files in SUBDIRECTORY of each of DIRECTORIES that end with SUFFIX, without
 * it. Return 0 or -errno. */
int recipe_file_list(const char *directories, const char *subdirectory, const char *suffix, struct names *ret,
	struct err *err);

/* Cuts blanks at both ends, in place; a carriage return is one. */
char *recipe_trim(char *text);

/* "NAME" or "NAME?" to *RET, whose name is the caller's. Return 0 or -ENOMEM. */
int recipe_name_set(struct recipe_name *ret, const char *word);

/* Adds one to the list that LIST points to, of *COUNT elements of SIZE bytes: zeroes, which are returned. Null: no memory. */
void *recipe_append(void *list, size_t *count, size_t size);
