/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rewrites where an ELF file finds its loader and its libraries, by the program patchelf. That is confined, and gets a copy of
 * the file in memory.
 */
#pragma once

struct err;

struct patchelf {
	int directory;           /* of the tree */
	const char *file;        /* below it, regular and writable */
	const char *interpreter; /* null: the file has none */
	const char *needed;      /* a library to put before all others; null: none */
	const char *rpath;
	int cancel; /* as in run.h */
};

/*
 * Adds the library, sets the interpreter, DT_RPATH (in place of DT_RUNPATH) and DF_1_NODEFLIB, then
 * reads the file again and believes only what it sees. -ENOENT: there is no patchelf; -EIO: it
 * failed, or did not do what it was asked to; -ECANCELED.
 */
int patchelf_run(const struct patchelf *patchelf, struct err *err);
