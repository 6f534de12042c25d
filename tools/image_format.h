/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of image, each made by a program of its own. All are made so that equal trees give equal bytes: files belong
 * to root, extended attributes are left out, and no time is later than that of the newest file of the tree.
 */
#pragma once

#include <stdint.h>

struct err;

/* What an image is made from, and where. */
struct image_job {
	const char *path; /* of the tree, absolute */
	int tree;         /* the same, open */
	int directory;    /* that the image is made in */
	const char *file; /* a path of an empty file, which is filled */
	char uuid[37];
	int64_t newest;           /* modification time of the newest file of the tree, above zero */
	uint64_t inodes, content; /* of the tree: how many files; what they and their names take, in bytes */
	int cancel;               /* as in run.h */
};

struct image_format {
	const char *name;
	const char *suffixes[2]; /* of files that it is meant by; the second may be null */
	int (*make)(const struct image_job *job, struct err *err);
};

/* In the order in which they are tried where none is asked for. MAKE: -ENOENT: its program is missing. */
extern const struct image_format image_formats[3];

/* Runs ARGV in the job's directory. An exit status other than 0 is an error, with what the program said last. PACKAGE has it. */
int image_run(const struct image_job *job, const char *const *argv, const char *package, struct err *err);

/* image_ext4.c */
int image_make_ext4(const struct image_job *job, struct err *err);
