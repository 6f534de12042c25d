/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two tools trees, one upon the other. */
#pragma once

#include <stdbool.h>

/*
 * True if the tree UPPER may lie on BASE (both open directories): each file and link that UPPER has, BASE has too, the
 * same, or has not. Otherwise programs of BASE would find libraries of another distribution. It is told by the manifests;
 * without these, or without hashes in them, it is false.
 */
bool layers_agree(int upper, int base);
