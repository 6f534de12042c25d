/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of docker's containers, from DATA-ROOT/containers/ID/config.v2.json. */
#pragma once

#include "bounds.h"

#include <stddef.h>

struct err;

/* Pure: the name in the text of a config.v2.json, which has to be ID's, without the '/' before it. *RET: the caller's. */
int docker_parse(const char *text, size_t length, const char *id, char **ret, struct err *err);

/*
 * Reads it below DATA_ROOT, as of trusted.h, where userns-remap may have put it into a directory UID.GID. -ENOENT: there is
 * no such container.
 */
int docker_name(int root, const char *data_root, const char *id, char **ret, struct err *err);
