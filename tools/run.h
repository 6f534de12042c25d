/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a program of the host, with its output captured and without a shell. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct err;

enum run_output { RUN_STDOUT, RUN_STDERR }; /* which of the two is captured; the other is dropped */

struct run {
	const char *const *argv; /* argv[0]: a path, or a name that is looked for on PATH */
	int directory;           /* where it runs, a descriptor; -1: here */
	enum run_output output;
	int cancel;           /* readable when the user wants to stop (a signalfd): the program is killed. -1:
		       none */
	size_t limit;         /* of what is captured, bytes; 0: 256 KiB */
	unsigned int seconds; /* after which the program is killed; 0: as long as it takes */
	bool confined;        /* as confine.h has it: what it reads may be hostile */
	int file;             /* where it is confined: its CONFINE_FILE; 0: none */
};

/*
 * *RET_STATUS: the exit status, 128+N for signal N. *RET_TEXT: what it wrote, the caller's to free.
 * Errors: what kept it from running (-ENOENT: no such program), -ECANCELED, -EFBIG: wrote more,
 * -ETIME. The child is reaped.
 */
int run_program(const struct run *run, char **ret_text, int *ret_status, struct err *err);

/* True if the user wants to stop. CANCEL as above. */
int run_cancelled(int cancel);
