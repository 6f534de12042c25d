/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An ELF file. The input is what follows the first four bytes, which are always the same: so no file of the corpus is a program. */
#include "elf.h"
#include "err.h"
#include "fuzz.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/elf",
	NULL,
};

static const char magic[] = {0x7f, 'E', 'L', 'F'};

static int make_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, magic, sizeof(magic)) != (ssize_t)sizeof(magic) ||
		write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

/* A text of the file is no longer than the file, and not longer than is said. */
static void check(const char *text, size_t size)
{
	if (text && (strlen(text) > size || strlen(text) > ELF_TEXT_LIMIT))
		abort();
}

static void check_info(const struct elf_info *info, size_t size)
{
	check(info->interpreter, size);
	check(info->soname, size);
	check(info->rpath, size);
	check(info->runpath, size);
	if (info->needed.count > ELF_NEEDED_LIMIT)
		abort();
	for (size_t i = 0; i < info->needed.count; i++)
		check(info->needed.item[i], size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct elf_info untouched;
	struct elf_info info = untouched;
	struct err err = {0};
	cleanup_fd int fd = make_file(data, size);
	int rc = elf_read(fd, &info, &err);

	if (rc < 0 && (err.number != -rc || !err.text[0] || memcmp(&info, &untouched, sizeof(info)) != 0))
		abort();
	check_info(&info, size);
	if (rc == 0 && !elf_is_for(fd, info.arch) && info.arch)
		abort();
	elf_info_free(&info);
	return 0;
}
