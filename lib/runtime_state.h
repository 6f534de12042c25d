/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What runc and crun tell of a container in a file: runc's state.json, crun's status. */
#pragma once

#include "err.h"
#include "record.h"

#include <stddef.h>

/*
 * Pure: what such a file tells of the container ID. *RET: as of record_parse, of a container without hook. -EINVAL: it tells
 * nothing, or of no process.
 */
int runtime_state_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err);
