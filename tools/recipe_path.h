/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths in a recipe: none of them leaves the tree. All of this is about their text alone, of at most 1024 bytes. */
#pragma once

#include <stdbool.h>

/* Relative, of plain components (names_is_plain): below whatever directory it is joined to. */
bool recipe_path_is_below(const char *path);

/* The same behind a "/". */
bool recipe_path_is_absolute(const char *path);

/* As recipe_path_is_below, or with one "/" at its end, or ".". */
bool recipe_path_is_target(const char *path);

/* True if a symbolic link at NAME that says TARGET leads to a place in the tree. ".." may stand at TARGET's beginning. */
bool recipe_path_stays(const char *name, const char *target);
