/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that are ours, and how one is told. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* A program that runs from a copy of its file (inject/seal.c) is known by the beginning, which has the linker's build ID. */
struct program {
	long start, main;
	char path[4096];
	char beginning[4096];
};

enum { PROGRAMS = 8 };

static struct program programs[PROGRAMS];
static size_t program_count;

static inline uintptr_t entry_point(pid_t pid)
{
	char path[64];
	Elf64_auxv_t entry;
	uintptr_t found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	file = fopen(path, "re");
	while (file && !found && fread(&entry, sizeof(entry), 1, file) == 1)
		if (entry.a_type == AT_ENTRY)
			found = entry.a_un.a_val;
	if (file)
		fclose(file);
	return found;
}

static inline bool read_beginning(const char *path, char beginning[static 4096])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, beginning, 4096);

	if (fd >= 0)
		close(fd);
	return length == 4096;
}

static inline const struct program *program_of(pid_t pid)
{
	char path[64], beginning[4096];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if (!read_beginning(path, beginning))
		return NULL;
	for (size_t i = 0; i < program_count; i++)
		if (memcmp(programs[i].beginning, beginning, sizeof(beginning)) == 0)
			return &programs[i];
	return NULL;
}

/* False: errno says why. */
static inline bool read_programs(const char *path)
{
	FILE *file = fopen(path, "re");
	bool is_whole;

	if (!file)
		return false;
	while (program_count < PROGRAMS) {
		struct program *program = &programs[program_count];

		if (fscanf(file, "%ld %ld %4095s", &program->start, &program->main, program->path) != 3)
			break;
		if (!read_beginning(program->path, program->beginning))
			break;
		program_count++;
	}
	is_whole = feof(file);
	fclose(file);
	errno = EINVAL;
	return is_whole;
}

#endif
