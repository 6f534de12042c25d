/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf.h"

#include "err.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>

enum { HEADERS_LIMIT = 4096, DYNAMIC_LIMIT = 65536 };

static const struct elf_arch arch_table[] = {
	{EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64", "x86_64-linux-gnu"},
	{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64", "aarch64-linux-gnu"},
	{EM_386, ELFCLASS32, ELFDATA2LSB, "i386", "i386-linux-gnu"},
	{EM_ARM, ELFCLASS32, ELFDATA2LSB, "arm", "arm-linux-gnueabihf"},
	{EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64", "riscv64-linux-gnu"},
	{EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64le", "powerpc64le-linux-gnu"},
	{EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x", "s390x-linux-gnu"},
};

/* One reading. The Elf handle owns every block of data that is looked at. */
struct reader {
	Elf *elf;
	size_t header_count;
	GElf_Phdr dynamic;
	const char *strings; /* DT_STRTAB, DT_STRSZ bytes; null: none */
	size_t strings_size;
};

static void reader_free(struct reader *reader)
{
	elf_end(reader->elf);
}

static const struct elf_arch *find_arch(unsigned int machine, unsigned int class, unsigned int data)
{
	for (size_t i = 0; i < ARRAY_SIZE(arch_table); i++)
		if (arch_table[i].machine == machine && arch_table[i].class == class &&
			arch_table[i].data == data)
			return &arch_table[i];
	return NULL;
}

/* libelf checks that the block lies within the file. */
static const char *chunk(
	struct reader *reader, uint64_t offset, uint64_t size, Elf_Type type, size_t *ret_size)
{
	Elf_Data *data;

	if (offset > INT64_MAX || size == 0 || size > SIZE_MAX)
		return NULL;
	data = elf_getdata_rawchunk(reader->elf, (int64_t)offset, (size_t)size, type);
	if (!data || !data->d_buf)
		return NULL;
	*ret_size = data->d_size;
	return data->d_buf;
}

static int copy_text(const char *text, size_t room, const char *what, char **ret, struct err *err)
{
	size_t length = strnlen(text, room);

	if (length == room)
		return err_set(err, EINVAL, "broken ELF file: %s does not end", what);
	if (length > ELF_TEXT_LIMIT)
		return err_set(err, E2BIG, "%s is longer than %d bytes", what, ELF_TEXT_LIMIT);
	free(*ret);
	*ret = strdup(text);
	return *ret ? 0 : err_errno(err, ENOMEM, "%s", what);
}

static int read_interpreter(
	struct reader *reader, const GElf_Phdr *header, struct elf_info *info, struct err *err)
{
	size_t size = 0;
	const char *text = NULL;

	if (header->p_filesz <= ELF_TEXT_LIMIT)
		text = chunk(reader, header->p_offset, header->p_filesz, ELF_T_BYTE, &size);
	if (!text)
		return err_set(err, EINVAL, "broken ELF file: its interpreter lies outside of it");
	return copy_text(text, size, "the interpreter's name", &info->interpreter, err);
}

static int read_program_headers(struct reader *reader, struct elf_info *info, struct err *err)
{
	for (size_t i = 0; i < reader->header_count; i++) {
		GElf_Phdr header;
		int rc = 0;

		if (!gelf_getphdr(reader->elf, (int)i, &header))
			return err_set(err, EINVAL, "broken ELF file: %s", elf_errmsg(-1));
		if (header.p_type == PT_DYNAMIC)
			reader->dynamic = header;
		if (header.p_type == PT_INTERP)
			rc = read_interpreter(reader, &header, info, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Where in the file ADDRESS is, and how many bytes follow it there in the same segment. False: nowhere. */
static bool find_place(struct reader *reader, uint64_t address, uint64_t *ret_offset, uint64_t *ret_room)
{
	for (size_t i = 0; i < reader->header_count; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(reader->elf, (int)i, &header) || header.p_type != PT_LOAD ||
			address < header.p_vaddr || address - header.p_vaddr >= header.p_filesz ||
			header.p_offset > UINT64_MAX - (address - header.p_vaddr))
			continue;
		*ret_offset = header.p_offset + (address - header.p_vaddr);
		*ret_room = header.p_filesz - (address - header.p_vaddr);
		return true;
	}
	return false;
}

/*
 * The string table is given by its address in memory: the segments that hold it say where it is in the file. There may be
 * two, one behind the other: patchelf 0.14 moves the beginning of a program that cannot be moved in memory (ET_EXEC).
 */
static int find_strings(struct reader *reader, uint64_t address, uint64_t size, struct err *err)
{
	uint64_t start = 0, offset = 0, room = 0, seen = 0;
	bool found = find_place(reader, address, &start, &seen);

	for (size_t i = 0; found && seen < size && i < reader->header_count; i++) {
		found = address <= UINT64_MAX - seen && find_place(reader, address + seen, &offset, &room) &&
			start <= UINT64_MAX - seen && offset == start + seen && room <= UINT64_MAX - seen;
		seen += room;
	}
	if (found && seen >= size)
		reader->strings = chunk(reader, start, size, ELF_T_BYTE, &reader->strings_size);
	if (!reader->strings)
		return err_set(err, EINVAL, "broken ELF file: its string table lies outside of it");
	return 0;
}

static int dynamic_text(struct reader *reader, uint64_t offset, const char *what, char **ret, struct err *err)
{
	if (offset >= reader->strings_size)
		return err_set(err, EINVAL, "broken ELF file: %s lies outside of the string table", what);
	return copy_text(reader->strings + offset, reader->strings_size - (size_t)offset, what, ret, err);
}

static int add_needed(struct reader *reader, uint64_t offset, struct elf_info *info, struct err *err)
{
	cleanup_free char *name = NULL;
	int rc = dynamic_text(reader, offset, "the name of a needed library", &name, err);

	if (rc < 0)
		return rc;
	if (info->needed.count == ELF_NEEDED_LIMIT)
		return err_set(err, E2BIG, "needs more than %d libraries", ELF_NEEDED_LIMIT);
	if (names_add(&info->needed, name) < 0)
		return err_errno(err, ENOMEM, "needed libraries");
	return 0;
}

static int take_entry(struct reader *reader, const GElf_Dyn *entry, struct elf_info *info, struct err *err)
{
	switch (entry->d_tag) {
	case DT_NEEDED:
		return add_needed(reader, entry->d_un.d_val, info, err);
	case DT_SONAME:
		return dynamic_text(reader, entry->d_un.d_val, "its soname", &info->soname, err);
	case DT_RPATH:
		return dynamic_text(reader, entry->d_un.d_val, "its RPATH", &info->rpath, err);
	case DT_RUNPATH:
		return dynamic_text(reader, entry->d_un.d_val, "its RUNPATH", &info->runpath, err);
	case DT_FLAGS_1:
		info->no_default_libraries = entry->d_un.d_val & DF_1_NODEFLIB;
		return 0;
	default:
		return 0;
	}
}

/* Walks up to DT_NULL. First round: where the strings are; second: the entries that are strings. */
static int walk_dynamic(struct reader *reader, Elf_Data *data, struct elf_info *info, struct err *err)
{
	size_t count = data->d_size / gelf_fsize(reader->elf, ELF_T_DYN, 1, EV_CURRENT);
	uint64_t address = 0, size = 0;
	GElf_Dyn entry;
	int rc = 0;

	if (count > DYNAMIC_LIMIT)
		return err_set(err, E2BIG, "more than %d dynamic entries", DYNAMIC_LIMIT);
	for (size_t i = 0; i < count && gelf_getdyn(data, (int)i, &entry) && entry.d_tag != DT_NULL; i++) {
		if (entry.d_tag == DT_STRTAB)
			address = entry.d_un.d_ptr;
		if (entry.d_tag == DT_STRSZ)
			size = entry.d_un.d_val;
	}
	rc = find_strings(reader, address, size, err);
	for (size_t i = 0; rc == 0 && i < count && gelf_getdyn(data, (int)i, &entry); i++) {
		if (entry.d_tag == DT_NULL)
			break;
		rc = take_entry(reader, &entry, info, err);
	}
	return rc;
}

static int read_dynamic(struct reader *reader, struct elf_info *info, struct err *err)
{
	const GElf_Phdr *header = &reader->dynamic;
	Elf_Data *data = NULL;

	if (header->p_type != PT_DYNAMIC)
		return 0;
	if (header->p_offset <= INT64_MAX && header->p_filesz && header->p_filesz <= SIZE_MAX)
		data = elf_getdata_rawchunk(
			reader->elf, (int64_t)header->p_offset, (size_t)header->p_filesz, ELF_T_DYN);
	if (!data || !data->d_buf)
		return err_set(err, EINVAL, "broken ELF file: its dynamic section lies outside of it");
	return walk_dynamic(reader, data, info, err);
}

static int open_reader(int fd, struct reader *reader, struct elf_info *info, struct err *err)
{
	GElf_Ehdr header;

	if (!elf_has_magic(fd))
		return err_set(err, ENOEXEC, "not an ELF file");
	elf_version(EV_CURRENT);
	/* Read, not mapped: a file that shrinks under a mapping would end us with SIGBUS. */
	reader->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!reader->elf || elf_kind(reader->elf) != ELF_K_ELF || !gelf_getehdr(reader->elf, &header))
		return err_set(err, EINVAL, "broken ELF file: its header: %s",
			elf_errmsg(0) ?: "cut, or of no known class");
	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return err_set(err, ENOEXEC, "an ELF file, but neither a program nor a library");
	if (elf_getphdrnum(reader->elf, &reader->header_count) < 0)
		return err_set(err, EINVAL, "broken ELF file: %s", elf_errmsg(-1));
	if (reader->header_count > HEADERS_LIMIT)
		return err_set(err, E2BIG, "more than %d program headers", HEADERS_LIMIT);
	info->arch = find_arch(header.e_machine, header.e_ident[EI_CLASS], header.e_ident[EI_DATA]);
	return 0;
}

int elf_read(int fd, struct elf_info *ret, struct err *err)
{
	__attribute__((cleanup(reader_free))) struct reader reader = {0};
	cleanup_elf struct elf_info info = {0};
	int rc = open_reader(fd, &reader, &info, err);

	if (rc == 0)
		rc = read_program_headers(&reader, &info, err);
	if (rc == 0)
		rc = read_dynamic(&reader, &info, err);
	if (rc < 0)
		return rc;
	*ret = info;
	info = (struct elf_info){0};
	return 0;
}

void elf_info_free(struct elf_info *info)
{
	free_keep_errno(&info->interpreter);
	free_keep_errno(&info->soname);
	free_keep_errno(&info->rpath);
	free_keep_errno(&info->runpath);
	names_free(&info->needed);
}

bool elf_has_magic(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, SELFMAG, 0) == SELFMAG && memcmp(magic, ELFMAG, SELFMAG) == 0;
}

/* The first 20 bytes are the same for both word sizes; the machine is in the byte order that the file names. */
static const struct elf_arch *arch_of(int fd)
{
	unsigned char head[20];
	unsigned int machine;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return NULL;
	machine = head[EI_DATA] == ELFDATA2MSB ? (unsigned int)head[18] << 8 | head[19]
					       : (unsigned int)head[19] << 8 | head[18];
	return find_arch(machine, head[EI_CLASS], head[EI_DATA]);
}

bool elf_is_for(int fd, const struct elf_arch *arch)
{
	return arch && arch_of(fd) == arch;
}

const struct elf_arch *elf_native(void)
{
	cleanup_fd int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return arch_of(fd);
}
