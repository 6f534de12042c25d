/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a loader would read of an ELF file: by program headers, never by section headers, which may
 * be absent or lie. The one file that uses libelf. Every offset and length comes from a file that
 * may be hostile, and is checked.
 */
#pragma once

#include "names.h"

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { ELF_NEEDED_LIMIT = 1024, ELF_TEXT_LIMIT = 4096 };

/* A processor and word size, and how distributions name it. */
struct elf_arch {
	uint16_t machine; /* e_machine */
	uint8_t class;    /* ELFCLASS32 or 64 */
	uint8_t data;     /* ELFDATA2LSB or MSB */
	const char *name; /* as uname -m has it; what $PLATFORM stands for */
	const char *multiarch;
};

/* Owned by the caller, freed by elf_info_free. Texts are null where the file has none. */
struct elf_info {
	const struct elf_arch *arch; /* static; null: a processor that is not in the table */
	bool no_default_libraries;   /* DF_1_NODEFLIB */
	char *interpreter;
	char *soname;
	char *rpath;
	char *runpath;
	struct names needed;
};

/*
 * Reads the file that FD is open on (from its start, whatever the offset). Errors: -ENOEXEC: not an
 * ELF program or library; -EINVAL: an ELF file whose headers are broken; -E2BIG: beyond the limits;
 * -ENOMEM. *RET is untouched on failure.
 */
int elf_read(int fd, struct elf_info *ret, struct err *err);
void elf_info_free(struct elf_info *info);
#define cleanup_elf __attribute__((cleanup(elf_info_free)))

/* True if FD is open on a regular file that begins as an ELF file does. */
bool elf_has_magic(int fd);

/* True if FD is open on an ELF file of ARCH, by its first bytes: what a loader checks before it believes a candidate. */
bool elf_is_for(int fd, const struct elf_arch *arch);

/* The architecture of the program that runs this. Null: not in the table. */
const struct elf_arch *elf_native(void);
