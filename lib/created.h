/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers that the runtime wrapper has prepared. It hands over to the runtime, and never sees the first process: that
 * is found later, in the files of the runtime, and until then the record names the process that became the runtime.
 */
#pragma once

#include "record.h"

/*
 * Fills in the first process of RECORD from the runtime's files, where the record names none and there is one that lives.
 * What RECORD holds is then its own, as of record_parse; nothing is written. True: the record names a process now.
 */
bool created_complete(struct record *record);

/*
 * Is the container of RECORD gone? Only a sure yes is one: its process has ended; or where there is none yet, the runtime
 * has ended, and has left no state of the container, or that of a process that has ended (a start that failed).
 */
bool created_is_gone(const struct record *record);
