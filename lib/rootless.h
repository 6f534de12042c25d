/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Containers of ordinary users: podman keeps theirs in a user and a mount namespace of the user's. */
#pragma once

#include "target.h"

/*
 * The state directory of the ordinary user UID, new memory: "oci-crashcart" below RUNTIME_DIRECTORY ($XDG_RUNTIME_DIR),
 * or, if that is null or not absolute, below /run/user/UID. Null: no memory.
 */
char *rootless_state_directory(const char *runtime_directory, uid_t uid);

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
