/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's work on a container that has stopped: away with all that there is of it. */
#pragma once

struct err;

/*
 * Removes mounts, master, record and mark of container ID, sessions that are over, and what other containers have left
 * that got stuck between two states. BUNDLE (may be null) tells a container of the same id that runs elsewhere from
 * this one. Absent is no error. Needs CAP_SYS_ADMIN. -ENOTRECOVERABLE: as in provision.h.
 *
 * Engines call hooks in several mount namespaces: podman 4.3 runs prestart and poststop of a container with a user
 * namespace in one of its own, poststart in its caller's. Where mounts do not propagate between them (a private "/"),
 * each has a tmpfs of masters of its own; the record tells on which one the master is that the container follows.
 */
int withdraw(const char *state_directory, const char *id, const char *bundle, struct err *err);
