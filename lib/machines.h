/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LXC containers and systemd-nspawn machines that run, told by their control groups at the places where the host's root
 * alone makes them, and by systemd-machined's files. Nobody is asked.
 */
#pragma once

#include "collect.h"

/* True for an id that one of them may have. */
bool machines_is_id(const char *id);

/*
 * Adds them to KNOWN, and sorts it anew. What cannot be read is passed over. NAME: only those of this name have to be there;
 * null: all. A directory of control groups may be long, where a name is looked up at once.
 */
void machines_collect(struct known_list *known, const char *name);
