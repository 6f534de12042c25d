/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --pack: a tool of the host's that the container's tools lack, for one session. */
#pragma once

#include "inject.h"
#include "tools.h"

/* What a packed tool is delivered from. */
struct packed {
	int trees[2];  /* the packed tree, held against removal; and the base below it, or FD_NONE */
	size_t count;  /* of them; 0: nothing is packed */
	char *program; /* with --dry-run: where the program is on the host */
};

#define PACKED_NONE ((struct packed){.trees = {FD_NONE, FD_NONE}})
void packed_close(struct packed *packed);

/*
 * True if CONTEXT's command has to be packed for the container: it is a path, or the tools that are attached, or else those
 * that would be, do not have it. *RET_OWN_DEV: as in struct enter. *RET_BASE: TOOLS_NONE before; these tools, if they can be opened. -EEXIST: --tools names
 * others than those that are attached.
 */
int pack_is_needed(const struct context *context, const struct meant *meant, bool *ret_needed,
	bool *ret_own_dev, struct tools *ret_base, struct err *err);

/*
 * Packs it, or with --dry-run finds it. The command becomes its last component. BASE: as above; taken, if it goes below.
 * ABOUT: the container, for messages. *RET: the caller's, closed by packed_close. Returns 0, or an exit status after a
 * message.
 */
int pack_command(struct context *context, const char *about, struct tools *base, struct packed *ret);

/* pack_call.c: runs dbg-tools pack. *RET_PATH: the line that it wrote, the caller's. Returns 0, or an exit status after
 * its messages. */
int pack_call(const struct context *context, const char *about, char **ret_path);
