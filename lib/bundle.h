/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bundle that a container was started from: a directory of its engine's, with config.json in it. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct err;

/*
 * Reads config.json of the directory BUNDLE. Both have to be root's or ours, and writable for nobody else (-EPERM). The
 * directory may also be CONTAINER_ROOT's, to whom podman gives it in a container with a user namespace: who gets to it as
 * that user could put another file there, but none of root's that was not root's already. -ENOENT: one of the two is not
 * there; -EFBIG: larger than CONFIG_SIZE_LIMIT. *RET_TEXT: the caller's to free, with a NUL behind the *RET_LENGTH bytes.
 */
int bundle_read_config(
	const char *bundle, uid_t container_root, char **ret_text, size_t *ret_length, struct err *err);
