/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The id of a podman container, found in its config.json: at the stage precreate podman does not tell it. Pure. */
#pragma once

#include <stdbool.h>

struct json;

enum { PODMAN_ID_LENGTH = 64 };

/*
 * CONFIG: the document. Two places have the id of the container itself: the source of the mount /run/.containerenv, and
 * the control group. (Other mounts may be of a container whose namespaces it shares.) False: neither has one, or they
 * differ.
 */
bool podman_id(const struct json *config, char ret[PODMAN_ID_LENGTH + 1]);
