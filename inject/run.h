/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call that runs a command will do: data, so that --dry-run can show it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct context;
struct err;
struct meant;
struct packed;
struct shares;
struct surroundings;

#define RUN_TOOLS_BIN "/dev/crashcart/bin"

struct run_plan {
	const struct shares *shares; /* of --dry-run */
	const char *container;       /* as people call it */
	char name_buffer[16];
	pid_t pid;
	const char *attach; /* the tree that has to be attached first; null: none */
	bool move;          /* by a mount moved into the container */
	const char *pack;   /* the host's program that is packed for this session; null: none */
	unsigned int namespaces;
	bool stays;            /* the command is the host's, and so are its files: nothing is attached */
	const char *own_tools; /* the tree that this session alone sees; null: none */
	bool terminal;         /* the command gets a terminal of its own */
	bool remove;           /* detach at the end, unless others use the tools */
	bool copy_mounts;      /* the container may mount, or must not see the tools: see enter.h */
	const struct surroundings *surroundings;
	char path[4096]; /* of the command, inside; or its name */
	char *shell[2];
	char *const *arguments;
};

/*
 * run_plan.c: what CONTEXT's command means in the container MEANT. TOOLS: the tree that is or will be attached, or the
 * packed one, to look into. *PLAN borrows from all of these; its ATTACH is the caller's matter.
 */
int run_plan_make(const struct context *context, const struct meant *meant, const struct packed *packed,
	int tools, struct run_plan *plan, struct err *err);

/* explain.c: prints PLAN, as lines for people or as an object. Returns an exit status. */
int explain_plan(const struct run_plan *plan, bool json);

/*
 * True if the tree open at TOOLS has the tool NAME, or a link of that name; also where it cannot be told, because the container
 * that it is seen in has mounted something on its bin.
 */
bool run_has_tool(int tools, const char *name);
