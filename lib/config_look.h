/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Look-ups in a config.json for those who change it. Runtimes differ in what they do with a key that is there twice: crun
 * takes the first; runc, written in Go, merges them, and does not tell capital letters from small ones. Where that would
 * matter, there is no right answer, and it is an error. Pure.
 */
#pragma once

#include "json.h"

#include <limits.h>

/* The place of our mount in a container. */
#define CONFIG_MOUNT_POINT "/dev/crashcart"

/*
 * The member KEY of OBJECT (null: it has none). *RET: the value, which may be a JSON null; null where there is none.
 * -EINVAL: OBJECT is no object, or KEY is there more than once or in other letters.
 */
int config_member(const struct json *object, const char *key, const struct json **ret, struct err *err);

/* Is VALUE not there at all, or a JSON null? Runtimes take both for the same. */
bool config_is_absent(const struct json *value);

/* The destination of MOUNT, an element of `mounts`, without "." and doubled slashes. -EINVAL: it has none of use. */
int config_destination(const struct json *mount, char ret[PATH_MAX], struct err *err);

/* Is SOURCE, of a mount at our place, the master of another container, beside MASTER? A bundle may be used again, by another id. */
bool config_is_other_master(const char *source, const char *master);

/* Is PATH, without doubled slashes, the directory ABOVE itself or beneath it? */
bool config_is_beneath(const char *path, const char *above);
