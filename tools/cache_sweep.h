/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps the pack cache within its size. */
#pragma once

#include <stdint.h>

struct cache;

/*
 * Removes what interrupted builds have left; then the trees that were not used for longest, until all take no more than
 * SIZE bytes of the disk; then what the index knows of those. What somebody holds stays.
 */
void cache_sweep(const struct cache *cache, uint64_t size);
