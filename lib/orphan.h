/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Masters that were made before their container (lib/prepare.h), and for which no hook has written a record. */
#pragma once

#include "store.h"

/*
 * Is there a container that has master ID mounted? If so, it gets the record that was missing, and the mark goes: 1. If
 * not, for sure: 0. -errno: could not look. Reads the mount table of every mount namespace. Needs the container's lock.
 */
int orphan_adopt(const struct store *store, const char *id, struct err *err);
