/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mistake of our own, or a file system that does not answer, must not be what keeps a container from starting. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* From here on a crash, or a stall of some seconds, ends the process with the status of survive_with (0 at first). */
void survive_start(void);
void survive_with(int status);

/* And with TEXT on standard output, LENGTH bytes that stay where they are; null: with nothing, as at first. */
void survive_print(const char *text, size_t length);

/* WANTED: and then with what is still to be read on standard input, as far as it is there. */
void survive_has_input(bool wanted);
