/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls by their names. */
#ifndef CALLS_H
#define CALLS_H

#include <seccomp.h>
#include <stddef.h>
#include <string.h>

/* Newer than some libseccomp; they have one number on all processors. */
static const struct {
	const char *name;
	int call;
} newer[] = {{"statmount", 457}, {"listmount", 458}};

static inline const char *name_of(int call)
{
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (newer[i].call == call)
			return newer[i].name;
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call); /* its memory is kept */
}

static inline int call_of(const char *name)
{
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (strcmp(newer[i].name, name) == 0)
			return newer[i].call;
	return seccomp_syscall_resolve_name(name);
}

#endif
