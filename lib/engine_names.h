/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of containers, as engines keep them in files: no daemon is asked. So far containers-storage's, which
 * podman uses. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct engine_names;

/*
 * Parses a containers.json: an array of {"id", "names": [...]}. *RET: the caller's. Entries without id or
 * name are passed over.
 */
int engine_names_parse(const char *text, size_t length, struct engine_names **ret, struct err *err);
void engine_names_free(struct engine_names *names);

/* The first name of container ID, valid until engine_names_free; null: it has none here. */
const char *engine_names_find(const struct engine_names *names, const char *id);

/*
 * Where the names of container ID are, told by its bundle STORAGE/DRIVER-containers/ID/userdata. False: not a
 * bundle of containers-storage.
 */
bool engine_names_file(const char *bundle, const char *id, char *ret, size_t size);
