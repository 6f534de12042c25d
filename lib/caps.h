/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities; the one module that uses libcap-ng. A set is a mask, bit N for capability number N. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct err;

/* What the profile `debug` gives: the container's own (its bounding set), and what debuggers need. */
uint64_t caps_debug_profile(uint64_t bounding_set);

/*
 * Makes SET our permitted, effective and bounding set, with nothing inheritable and nothing ambient. Reads no
 * file, so it may be called with a container's /proc in place. Needs CAP_SETPCAP, in the user namespace that
 * we are in.
 */
int caps_limit(uint64_t set, struct err *err);

/* True if SET has CAP_SYS_ADMIN. */
int caps_has_sys_admin(uint64_t set);

/* Writes the names in SET to TEXT: "chown,kill,sys_ptrace". Cuts what does not fit. */
void caps_names(uint64_t set, char *text, size_t size);
