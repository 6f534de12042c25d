/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dbg-tools (tools/launch.c) writes into a launcher, and the launcher (tools/launch/launch.c) reads. Both are built
 * for the same processor, so numbers are as it has them. */
#pragma once

#include <stdint.h>

#define LAUNCH_MARKER "oci-crashcart launcher"
#define LAUNCH_AREA_SIZE 4096

struct launch_area {
	char marker[24]; /* LAUNCH_MARKER, filled up with NULs */
	uint32_t argument_count, environment_count;
	/* The program, argv[0], the arguments, the environment: each ended by a NUL. */
	char text[LAUNCH_AREA_SIZE - 24 - 2 * sizeof(uint32_t)];
};

_Static_assert(sizeof(struct launch_area) == LAUNCH_AREA_SIZE, "the launcher's assembly makes room for this");
_Static_assert(sizeof(LAUNCH_MARKER) <= 24, "the marker fits");
