/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Places of the container that are written into the C library, its loader and others, and that code
 * or tables would be loaded from: each is overwritten, byte for byte, by a place in the tree.
 * Nothing moves: a file keeps its length.
 */
#pragma once

struct elf_arch;
struct err;

/*
 * Seals the file NAME below DIRFD, an ELF file for ARCH. The path of a library directory of the
 * distribution, of gconv's, of the locales and of the message catalogues, becomes one of the same
 * length below /dev/crashcart. None there is no error.
 */
int seal_library(int dirfd, const char *name, const struct elf_arch *arch, struct err *err);

/*
 * The same for glibc's loader, which also loses the names /etc/ld.so.preload and /etc/ld.so.cache.
 * -ENOTSUP: one of them is not there exactly once, so that it is not known what this loader would
 * read.
 */
int seal_loader(int dirfd, const char *name, const struct elf_arch *arch, struct err *err);

/*
 * Overwrites each text FROM, a whole string or path in the file NAME, by TO: a path below the tree, an absolute path, or ""
 * for an empty string. FROM that is not there is no error; -ENAMETOOLONG: TO is longer than FROM has room for.
 */
int seal_replace(int dirfd, const char *name, const char *from, const char *to, struct err *err);
