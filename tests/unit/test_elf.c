/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of dbg-tools that read what may be hostile: ELF files and library paths. Without root. */
#include "elf.h"
#include "err.h"
#include "root.h"
#include "search.h"
#include "tap.h"
#include "util.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct root host = ROOT_NONE;

static int file_of(const void *data, size_t length)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		abort();
	return fd;
}

static int read_bytes(const void *data, size_t length, struct elf_info *info)
{
	cleanup_fd int fd = file_of(data, length);
	struct err err = {0};
	int rc = elf_read(fd, info, &err);

	if (rc < 0 && (err.number != -rc || !err.text[0]))
		abort(); /* an error that says nothing */
	return rc;
}

/* This program itself. */
static unsigned char *self(size_t *ret_length)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	unsigned char *data;

	if (fd < 0 || fstat(fd, &st) < 0)
		abort();
	*ret_length = (size_t)st.st_size;
	data = malloc(*ret_length);
	if (!data || read(fd, data, *ret_length) != st.st_size)
		abort();
	close(fd);
	return data;
}

static void test_own_program(const unsigned char *data, size_t length)
{
	struct elf_info info = {0};

	tap_ok(read_bytes(data, length, &info) == 0, "a real program is read");
	tap_ok(info.arch && info.arch == elf_native(), "its architecture is this machine's");
	tap_ok(info.interpreter && info.interpreter[0] == '/', "its loader is a path");
	tap_ok(info.needed.count > 0, "it needs libraries");
	tap_ok(!info.no_default_libraries, "it uses the default directories");
	elf_info_free(&info);
	tap_ok(!info.interpreter && !info.needed.count, "a freed reading is empty");
}

static void test_garbage(void)
{
	struct elf_info info = {.soname = NULL};
	unsigned char block[4096];

	tap_ok(read_bytes("", 0, &info) == -ENOEXEC, "an empty file is not ELF");
	tap_ok(read_bytes("#!/bin/sh\n", 10, &info) == -ENOEXEC, "a script is not ELF");
	tap_ok(read_bytes("\177ELF", 4, &info) == -EINVAL, "four bytes of ELF are broken");
	memset(block, 0xff, sizeof(block));
	memcpy(block, "\177ELF\2\1\1", 7);
	tap_ok(read_bytes(block, sizeof(block), &info) < 0, "an ELF file of ones is refused");
	memset(block + 7, 0, sizeof(block) - 7);
	tap_ok(read_bytes(block, sizeof(block), &info) < 0, "an ELF file of zeroes is refused");
	tap_ok(!info.soname && !info.interpreter, "a failed reading gives nothing");
}

/* Each length up to the end of the headers, then in steps. */
static void test_truncated(const unsigned char *data, size_t length)
{
	size_t good = 0;

	for (size_t i = 0; i < length; i += i < 2048 ? 1 : 997) {
		struct elf_info info = {0};

		good += read_bytes(data, i, &info) == 0;
		elf_info_free(&info);
	}
	tap_ok(good < length, "a file cut anywhere is read or refused");
}

static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* Bytes changed in the headers, and in the dynamic section and its strings where the linker puts
 * them: near the end, near the start. */
static void test_mutated(const unsigned char *data, size_t length)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 4, 0x41};
	unsigned char *copy = malloc(length);
	unsigned int state = 1;
	int read = 0, refused = 0;

	if (!copy)
		abort();
	for (int round = 0; round < 4000; round++) {
		struct elf_info info = {0};

		memcpy(copy, data, length);
		for (unsigned int i = next_random(&state) % 8 + 1; i; i--) {
			size_t room = next_random(&state) % 2 ? 1024 : length;

			copy[4 + (next_random(&state) * 65536UL + next_random(&state)) % (room - 4)] =
				values[next_random(&state) % sizeof(values)];
		}
		if (read_bytes(copy, length, &info) == 0)
			read++;
		else
			refused++;
		elf_info_free(&info);
	}
	free(copy);
	tap_ok(read > 0 && refused > 0, "a file with changed bytes is read or refused");
}

/* A library of the native byte order whose string table is in two segments, the second GAP bytes further in the file than in memory. */
static int read_split(uint64_t gap, uint64_t length, struct elf_info *info)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[3];
		Elf64_Dyn dynamic[4];
		char strings[32];
	} file = {.header = {.e_type = ET_DYN,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(Elf64_Ehdr),
			  .e_ehsize = sizeof(Elf64_Ehdr),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 3},
		.strings = "\0libsplit.so.1"};
	const uint64_t base = 0x400000, dynamic = (uint64_t)((char *)file.dynamic - (char *)&file),
		       strings = (uint64_t)(file.strings - (char *)&file), cut = strings + 6;

	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_ident[EI_VERSION] = EV_CURRENT;
	file.segments[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = base, .p_filesz = cut, .p_memsz = cut};
	file.segments[1] = (Elf64_Phdr){.p_type = PT_LOAD,
		.p_offset = cut + gap,
		.p_vaddr = base + cut,
		.p_filesz = sizeof(file) - cut,
		.p_memsz = sizeof(file) - cut};
	file.segments[2] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
		.p_offset = dynamic,
		.p_vaddr = base + dynamic,
		.p_filesz = sizeof(file.dynamic),
		.p_memsz = sizeof(file.dynamic)};
	file.dynamic[0] = (Elf64_Dyn){.d_tag = DT_STRTAB, .d_un.d_ptr = base + strings};
	file.dynamic[1] = (Elf64_Dyn){.d_tag = DT_STRSZ, .d_un.d_val = length};
	file.dynamic[2] = (Elf64_Dyn){.d_tag = DT_SONAME, .d_un.d_val = 1};
	return read_bytes(&file, sizeof(file), info);
}

static void test_split_strings(void)
{
	struct elf_info info = {0};

	tap_ok(read_split(0, 32, &info) == 0 && strcmp(info.soname, "libsplit.so.1") == 0,
		"a string table in two segments is read");
	elf_info_free(&info);
	tap_ok(read_split(8, 32, &info) == -EINVAL, "not where they are apart in the file");
	tap_ok(read_split(0, 33, &info) == -EINVAL, "nor where it goes beyond the second");
	tap_ok(read_split(0, UINT64_MAX, &info) == -EINVAL, "however far");
}

static bool expands(const char *text, const char *expected)
{
	cleanup_free char *out = search_expand(text, strlen(text), "/opt/x", "lib64", "x86_64");

	return expected ? out && strcmp(out, expected) == 0 : !out;
}

static void test_expand(void)
{
	char *long_text = malloc(5000);

	tap_ok(expands("$ORIGIN/../lib", "/opt/x/../lib"), "$ORIGIN");
	tap_ok(expands("${ORIGIN}lib", "/opt/xlib"), "${ORIGIN}");
	tap_ok(expands("/a/$LIB/${PLATFORM}", "/a/lib64/x86_64"), "$LIB and ${PLATFORM}");
	tap_ok(expands("/plain", "/plain"), "no variable");
	tap_ok(expands("", ""), "nothing");
	tap_ok(expands("$ORIGIN", "/opt/x"), "$ORIGIN alone");
	tap_ok(expands("$ORIGIN_X", NULL), "a longer name is not $ORIGIN");
	tap_ok(expands("${ORIGIN", NULL), "a brace that is not closed");
	tap_ok(expands("${}", NULL), "a brace with nothing in it");
	tap_ok(expands("/a$", NULL), "a dollar at the end");
	tap_ok(expands("$HOME/lib", NULL), "a variable that no loader knows");
	if (!long_text)
		abort();
	memset(long_text, 'a', 4999);
	long_text[4999] = '\0';
	tap_ok(expands(long_text, NULL), "a path that is too long");
	free(long_text);
}

static void write_file(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, length) != (ssize_t)length)
		abort();
	close(fd);
}

static bool configured(const char *directory, const char *text, const char *wanted)
{
	cleanup_free char *path = util_printf("%s/ld.so.conf", directory);
	struct search search = {0};
	struct err err;
	bool found;

	write_file(path, text, strlen(text));
	if (search_init(&search, &host, elf_native(), false, path, &err) < 0)
		return false;
	found = names_has(&search.directories, wanted) && names_has(&search.directories, "/usr/lib");
	search_free(&search);
	return found;
}

static void test_configuration(const char *directory)
{
	cleanup_free char *more = util_printf("%s/more.conf", directory);
	cleanup_free char *loop = util_printf("%s/ld.so.conf", directory);
	struct search search = {0};
	struct err err;

	write_file(more, "/opt/more # a comment\n", 22);
	tap_ok(configured(directory, "/opt/a:/opt/b, /opt/c\n", "/opt/b"), "directories in one line");
	tap_ok(configured(directory, "include *.conf.none more.*\n", "/opt/more"), "include");
	tap_ok(configured(directory, "hwcap 0 nosegneg\nrelative/x\n", "/lib"), "lines that are passed by");
	write_file(loop, "include ld.so.conf\n", 19);
	tap_ok(search_init(&search, &host, elf_native(), false, loop, &err) == -ELOOP,
		"a file that includes itself");
	tap_ok(search_init(&search, &host, elf_native(), false, "/nonexistent", &err) == 0, "no file");
	search_free(&search);
}

static void test_search(const char *directory, const unsigned char *data, size_t length)
{
	cleanup_free char *library = util_printf("%s/libtest.so.1", directory);
	cleanup_free char *above = util_printf("%s/sub", directory);
	struct search search = {.root = &host, .arch = elf_native()};
	const struct search_from program = {above, "$ORIGIN/..", NULL, NULL};
	const struct search_from inherits = {"/none", NULL, NULL, &program};
	const struct search_from own = {"/none", NULL, "/none", &program};
	unsigned char foreign[64];
	char *path = NULL;
	struct err err = {0};

	mkdir(above, 0700);
	write_file(library, data, length);
	tap_ok(search_library(&search, &program, "libtest.so.1", &path, &err) == 0,
		"found by RPATH and $ORIGIN");
	free_keep_errno(&path);
	tap_ok(search_library(&search, &inherits, "libtest.so.1", &path, &err) == 0,
		"by the program's RPATH");
	free_keep_errno(&path);
	tap_ok(search_library(&search, &own, "libtest.so.1", &path, &err) == -ENOENT && !err.number,
		"a RUNPATH of its own hides it");
	memcpy(foreign, data, sizeof(foreign));
	foreign[18] ^= 0xff;
	write_file(library, foreign, sizeof(foreign));
	tap_ok(search_library(&search, &program, "libtest.so.1", &path, &err) == -ENOENT,
		"a file for another machine is passed by");
}

/* The root that a path is read in has to be the one that was given, whatever links there are. */
static void test_root(const char *directory)
{
	cleanup_free char *outside = util_printf("%s/libtest.so.1", directory);
	cleanup_free char *link = util_printf("%s/sub/link", directory);
	cleanup_free char *inside = util_printf("%s/sub", directory);
	cleanup_root struct root root = ROOT_NONE;
	cleanup_free char *real = NULL;
	struct stat st;

	tap_ok(root_open(inside, &root, ERR_IGNORED) == 0 && !root_is_host(&root) && root_is_host(&host),
		"a directory as root");
	tap_ok(symlink(outside, link) == 0 && root_stat(&host, link, &st) == 0,
		"a link that leads out of it");
	tap_ok(root_stat(&root, "/link", &st) == -ENOENT, "does not lead out");
	tap_ok(root_stat(&root, "/../libtest.so.1", &st) == -ENOENT, "nor does ..");
	unlink(link);
	tap_ok(symlink("/x", link) == 0 && mkdirat(root.fd, "x", 0700) == 0 &&
			root_real(&root, "/link/../x", &real) == 0 && strcmp(real, "/x") == 0,
		"a real path is one below the root");
	unlink(link);
	unlinkat(root.fd, "x", AT_REMOVEDIR);
	tap_ok(root_open("/nonexistent", &root, ERR_IGNORED) == -ENOENT, "a root that is not there");
}

static void remove_all(const char *directory)
{
	static const char *const names[] = {"ld.so.conf", "more.conf", "libtest.so.1", "sub", ""};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = util_printf("%s/%s", directory, names[i]);

		remove(path);
	}
}

int main(void)
{
	char directory[] = "/tmp/test_elf.XXXXXX";
	size_t length;
	unsigned char *data = self(&length);

	if (!mkdtemp(directory) || root_open(NULL, &host, ERR_IGNORED) < 0)
		abort();
	test_own_program(data, length);
	test_garbage();
	test_truncated(data, length);
	test_mutated(data, length);
	test_split_strings();
	test_expand();
	test_configuration(directory);
	test_search(directory, data, length);
	test_root(directory);
	remove_all(directory);
	free(data);
	root_close(&host);
	return tap_done();
}
