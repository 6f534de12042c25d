/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What root sees of the containers of ordinary users. */
#pragma once

struct known_list;

/*
 * Adds to KNOWN the containers that run in users' rootless podman, and that it does not have. What is told of them is in
 * files of the users': it is read by processes without rights but the user's, which get FOREIGN_SECONDS in all; and only
 * a process that is in a user namespace of that very user's is believed to be of a container. A user can give its own
 * containers any name and id, and hide them. ID: those of that id alone; null: all. Needs root.
 */
void rootless_users_collect(struct known_list *known, const char *id);
