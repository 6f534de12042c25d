/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of an image while it is made: under a name beside its final one, which it takes whole or never. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Starts as IMAGE_FILE_NONE; freed by image_file_discard, which removes what was not committed. */
struct image_file {
	int parent; /* the directory that holds both */
	char final[256], partial[256];
	int fd;        /* the partial file */
	char path[64]; /* by which another program opens that very file, whatever its name leads to by then */
	bool replace;
};

#define IMAGE_FILE_NONE ((struct image_file){.parent = FD_NONE, .fd = FD_NONE})

/*
 * Makes an empty file beside PATH, for its owner alone. PATH is missing; with REPLACE it may also be a file. TREE: the
 * directory that goes in, which the image must not lie in. -EEXIST: something is there.
 */
int image_file_begin(struct image_file *file, const char *path, bool replace, int tree, struct err *err);

/*
 * Root's, or the caller's, and readable for all; written to disk; sealed by fs-verity where the file system can
 * (*RET_VERITY); then renamed. *RET_SIZE: in bytes.
 */
int image_file_commit(struct image_file *file, uint64_t *ret_size, bool *ret_verity, struct err *err);

void image_file_discard(struct image_file *file); /* keeps errno */
#define cleanup_image_file __attribute__((cleanup(image_file_discard)))
