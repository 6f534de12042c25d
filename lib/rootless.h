/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers of ordinary users: podman keeps theirs in a user and a mount namespace of the user's. */
#pragma once

#include "target.h"

/*
 * The directory for what podman of the ordinary user UID, which we are, has at run time, new memory: what the environment
 * SAID ($XDG_RUNTIME_DIR), or, if that is null or not absolute, /run/user/UID; where that is not there or not the
 * user's, /tmp/podman-run-UID, if that is. Null: no memory.
 */
char *rootless_runtime_directory(const char *said, uid_t uid);

/*
 * For the hook and the runtime wrapper, which podman calls within its namespaces: that directory of the user's in *RET,
 * new memory. False: we are not there, or there is no memory.
 */
bool rootless_within(const char *said, char **ret);

/* Of our state in there. */
#define ROOTLESS_STATE "oci-crashcart"

/*
 * Finds the process that holds the namespaces of our user's podman: its pause process, which RUNTIME_DIRECTORY has the
 * number of, else a monitor or an engine that runs in them. It is our own user's, is in a user and a mount namespace of
 * its own, and sees the root directory that we see: so it is in no container. -ESRCH: there is none.
 */
int rootless_find(const char *runtime_directory, struct target *ret, struct err *err);

/*
 * Enters the user and mount namespace of ENGINE: we are root there, and are not to be traced by anyone in it, as the
 * program was started outside. The working directory stays, or becomes the root. Single-threaded callers alone.
 */
int rootless_enter(const struct target *engine, struct err *err);
