/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The inner side of a sandbox: its process 1. Between sandbox.c and sandbox_init.c. */
#pragma once

#include "err.h"
#include "sandbox.h"

enum sandbox_report_kind {
	SANDBOX_FAILED,  /* ERR: what could not be set up */
	SANDBOX_REFUSED, /* NUMBER: the errno of execve */
	SANDBOX_ENDED,   /* NUMBER: as waitpid(2) tells it */
};

/* One write to a pipe, so that it comes whole. */
struct sandbox_report {
	enum sandbox_report_kind kind;
	int number;
	struct err err;
};

struct sandbox_start {
	const struct sandbox *sandbox;
	const char *path; /* null: set up, and run nothing */
	const char *const *argv;
	int output, report; /* pipes, to be written to */
	int go;             /* a pipe: a byte comes when our ids are mapped; its end, when our parent ended */
};

/* Of the new process, in all its namespaces but that of mounts. */
_Noreturn void sandbox_be_init(const struct sandbox_start *start);

/* sandbox_root.c: a mount namespace with that root alone. The working directory is the tree. */
int sandbox_make_root(bool user_namespace, struct err *err);

/* sandbox_filter.c: for this process and its children, for good; no_new_privs has to be set. */
int sandbox_limit_sockets(struct err *err);
