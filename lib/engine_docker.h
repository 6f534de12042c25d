/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of docker's containers, from DATA-ROOT/containers/ID/config.v2.json. */
#pragma once

#include "bounds.h"

#include <stddef.h>

struct err;

/* Pure: the name in the text of a config.v2.json, which has to be ID's, without the '/' before it. *RET: the caller's. */
int docker_parse(const char *text, size_t length, const char *id, char **ret, struct err *err);

/* Directories "containers" of one dockerd, opened: its own, and those where userns-remap has put them (UID.GID). */
struct docker_root {
	int list[1 +
		 DOCKER_REMAPPED_LIMIT]; /* the first: its own; negative: it cannot be believed, or is not there */
	size_t count;
};

/* Those below DATA_ROOT, as of trusted.h. */
void docker_open(int root, const char *data_root, struct docker_root *ret);
void docker_close(struct docker_root *docker);

/* Reads the name of container ID. -ENOENT: there is no such container. *RET: the caller's. */
int docker_name(const struct docker_root *docker, const char *id, char **ret, struct err *err);
