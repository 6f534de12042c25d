/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records that change while no container comes or goes, and none gets another name. */
#pragma once

#include "record.h"
#include "store.h"

/*
 * Writes RECORD in place of the one that its id has, with the same names, under its lock. The directory of records keeps its time of
 * modification, unless another container is worked on meanwhile: what was made of the names (index.h) still holds. Errors:
 * those of record_write.
 */
int rewrite_record(const struct store *store, const struct record *record, struct err *err);
