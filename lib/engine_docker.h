/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of docker's containers, from DATA-ROOT/containers/ID/config.v2.json. */
#pragma once

#include "bounds.h"

#include <stddef.h>

struct err;
struct sources;

/* Pure: the name in the text of a config.v2.json, which has to be ID's, without the '/' before it. *RET: the caller's. */
int docker_parse(const char *text, size_t length, const char *id, char **ret, struct err *err);

/* Directories "containers" of one dockerd, opened: its own, and those where userns-remap has put them (UID.GID). */
struct docker_root {
	struct docker_directory {
		int fd;     /* negative: it cannot be believed, or is not there */
		char *path; /* null: no memory */
	} list[1 + DOCKER_REMAPPED_LIMIT];
	size_t count; /* 0: there is no such dockerd; else the first is its own */
};

/* Those below DATA_ROOT, as of trusted.h. SOURCES (null: not wanted) takes what could tell of others. */
void docker_open(int root, const char *data_root, struct sources *sources, struct docker_root *ret);
void docker_close(struct docker_root *docker);

/*
 * Reads the name of container ID. -ENOENT: there is no such container. SOURCES takes what could tell another name. *RET: the
 * caller's.
 */
int docker_name(const struct docker_root *docker, const char *id, struct sources *sources, char **ret,
	struct err *err);
