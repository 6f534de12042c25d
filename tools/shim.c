/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shim.h"

#include "util.h"

#include <stdint.h>
#include <string.h>

/* The path is below the directory that the compiler runs in, the top of the build. */
__asm__(".pushsection .rodata\n"
	"shim_start: .incbin \"tools/shim/" SHIM_NAME "\"\n"
	"shim_end: .byte 0\n"
	".popsection\n");

extern const char shim_start[], shim_end[];

bool shim_is_wanted(const char *name)
{
	/* Debian's and Fedora's become the user tcpdump, and have no option to stay root where
	 * there is no /etc/passwd. */
	static const char *const wanted[] = {"tcpdump"};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (strcmp(name, wanted[i]) == 0)
			return true;
	return false;
}

const char *shim_content(size_t *ret_length)
{
	*ret_length = (size_t)((uintptr_t)shim_end - (uintptr_t)shim_start);
	return shim_start;
}
