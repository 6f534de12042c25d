/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers that were started without the hook: what is known of them is what their runtime keeps in files. No runtime is
 * asked. The files are root's, in directories that others cannot write to.
 */
#pragma once

#include "collect.h"
#include "target.h"

/*
 * Adds to KNOWN, a list in the order of ids, the containers that run, and that it does not have; or has as ended. What
 * cannot be read is passed over. The list is sorted anew (known_sort).
 */
void runtimes_collect(struct known_list *known);

/* Adds what runtimes_collect has left out: it looks for running daemons at a sign of theirs alone. False: there is no more. */
bool runtimes_collect_rest(struct known_list *known);

/*
 * The same as runtimes_collect for the container ID alone, wherever a runtime has one of that id, and without a look at what else there is.
 * Running daemons are only looked for where an engine has made up the id, and it has not been found.
 */
void runtimes_collect_id(struct known_list *known, const char *id);

/* The same for an ordinary user's: runtimes keep their files below RUNTIME_DIRECTORY then ($XDG_RUNTIME_DIR). ID: of that id alone; null: all. */
void runtimes_collect_below(const char *runtime_directory, const char *id, struct known_list *known);

/*
 * Adds to KNOWN the container that TARGET is in, told by its mount namespace alone: for processes of no runtime that we
 * know. Its first process is the oldest in that namespace; its id is made up. ALONE: the process stands for itself.
 */
int runtimes_add_process(struct known_list *known, const struct target *target, bool alone, struct err *err);
