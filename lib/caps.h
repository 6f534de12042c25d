/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities; the one module that uses libcap-ng. A set is a mask, bit N for capability number N. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* What the profile `debug` gives: the container's own (its bounding set), and what debuggers need. */
uint64_t caps_debug_profile(uint64_t bounding_set);

/* Takes all but SET out of our bounding set. Needs CAP_SETPCAP, in the user namespace that we are in. Reads no file. */
int caps_bound(uint64_t set, struct err *err);

/*
 * Makes SET, as far as the bounding set has it, our permitted and effective set, with nothing inheritable and nothing
 * ambient; or, if AMBIENT, these two the same: what a user other than root is to have after an exec. Reads no file, so it
 * may be called with a container's /proc in place.
 */
int caps_set(uint64_t set, bool ambient, struct err *err);

/* The same, with CAP_SYS_ADMIN in it even where the bounding set has it not: for what is left to do before caps_set. */
int caps_set_with_sys_admin(uint64_t set, struct err *err);

/* Both: SET is all that there is, and nothing is inheritable or ambient. */
int caps_limit(uint64_t set, struct err *err);

/* All that this kernel knows, and what of these is in our own bounding set: nobody can give more. Reads no file. */
uint64_t caps_all(void);
uint64_t caps_own_bounding_set(void);

/*
 * Adds the capability NAME, with or without "CAP_", in letters of any case, to *SET; or all of them for "ALL". False: this
 * kernel has none of that name.
 */
bool caps_from_name(const char *name, uint64_t *set);

/* True if SET has CAP_SYS_ADMIN. */
int caps_has_sys_admin(uint64_t set);

/* True if SET has CAP_SYS_PTRACE. */
bool caps_has_sys_ptrace(uint64_t set);

/* Writes the names in SET to TEXT: "chown,kill,sys_ptrace". Cuts what does not fit. */
void caps_names(uint64_t set, char *text, size_t size);
