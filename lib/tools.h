/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tools as the host has them, a directory or an image: opened, looked at, and made a mount for a container. */
#pragma once

#include "util.h"

struct err;
struct store;
struct target;

struct tools {
	int root; /* the tree's root directory; of an image, that of a detached mount of it. O_PATH */
	bool is_image;
};

#define TOOLS_NONE ((struct tools){.root = FD_NONE})

/*
 * Opens the tree at PATH, absolute. Directory or image have to be root's, or the caller's, and not writable by others
 * (-EPERM); this is looked at of the very file that is mounted then, not of the directories above it. An image is
 * mounted, detached, for as long as ROOT is open: see mnt_image.h. -ENOENT; -ENOTDIR: no tree; -EINVAL: no image.
 */
int tools_open(const struct store *store, const char *path, struct tools *ret, struct err *err);
void tools_close(struct tools *tools);
#define cleanup_tools __attribute__((cleanup(tools_close)))

/*
 * A detached mount of TOOLS for the container that TARGET is in, which no remount makes writable: an overlay of the
 * directory, or the image itself. Where no overlay can be mounted, a plain mount, unless that container could remount
 * it. Returns a descriptor.
 */
int tools_mount(
	const struct tools *tools, const struct store *store, const struct target *target, struct err *err);

/*
 * The same of the COUNT directories TREES as one, the uppermost first; where no overlay can be mounted, of that alone.
 */
int tools_mount_layers(const int *trees, size_t count, const struct store *store, const struct target *target,
	struct err *err);
