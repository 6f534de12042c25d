/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of --doctor share. A check looks at one thing of the node, and says a line or more about it. */
#pragma once

#include "bounds.h"

#include "inject.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_ERROR };

struct doctor {
	struct context *context;
	struct json_writer *writer; /* null: lines for people */
	enum doctor_level worst;
	char hook[4096]; /* the hook that a registration names; empty: none was found */
};

/* doctor.c: a line: what was found about CHECK, one word or two, and, unless null, what to do. It is escaped. */
void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check, const char *remedy,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* doctor_kernel.c: system calls, tried in a process and a mount namespace of their own. */
void doctor_kernel(struct doctor *doctor);
void doctor_security(struct doctor *doctor); /* SELinux, AppArmor */

/* doctor_engines.c: what is installed here, and what each finds of ours. */
void doctor_engines(struct doctor *doctor);
void doctor_containerd(struct doctor *doctor);

/* The hooks directories of an engine; a file of a later one stands for those of its name in earlier ones. */
typedef char doctor_path[1024];

struct doctor_directories {
	const char *engine, *remedy;
	bool has_precreate; /* it knows that stage */
	bool has_wrapper;   /* it has our runtime: no hook need be called */
	doctor_path list[DOCTOR_DIRECTORY_LIMIT];
	size_t count;
};

/* doctor_hooks.c: the files in these, as the engine reads them, and whether our hook is called at all stages. */
void doctor_hooks(struct doctor *doctor, const struct doctor_directories *directories);

/* 0 if PATH is a program, and nobody but root, who runs it, may write to it. */
int doctor_check_program(const char *path, struct err *err);

/* doctor_wrapper.c: whether PATH is called as our wrapper is; false after a line if ENGINE cannot run it, or it nothing. */
#define DOCTOR_WRAPPER "oci-crashcart-runtime"
bool doctor_is_wrapper(const char *path);
bool doctor_wrapper(struct doctor *doctor, const char *engine, const char *path);
void doctor_docker(struct doctor *doctor);

/* doctor_programs.c: the hook itself; the runtimes. */
void doctor_hook(struct doctor *doctor);
void doctor_runtimes(struct doctor *doctor);

/* The program NAME on PATH, or where programs are. False: there is none. */
bool doctor_find_program(const char *name, char *ret, size_t size);

/* doctor_state.c, doctor_tools.c */
void doctor_state(struct doctor *doctor);
void doctor_tools(struct doctor *doctor);
