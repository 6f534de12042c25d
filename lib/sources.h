/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files and directories that something was made of, as they were before they were read: whether it is still true is then
 * told by a stat of each. A change within the tick of the kernel's clock in which they were looked at would not be seen:
 * what is as young as that is no source.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source {
	char *path;                      /* absolute */
	uint64_t device, inode, size;    /* inode 0: there was nothing of this path */
	int64_t modified, modified_part; /* seconds, and nanoseconds beside */
	int64_t changed, changed_part;
};

struct sources {
	struct source *list;
	size_t count, room;
	int64_t began, began_part;
	bool is_open, doubtful;
};

#define SOURCES_NONE ((struct sources){0})

/* From now on SOURCES takes what is added. */
void sources_begin(struct sources *sources);

/*
 * Before PATH is read. Each takes null, and does nothing then. Of what is not there, the first part of PATH that is not
 * becomes the source: one for all that would be below.
 */
void sources_add(struct sources *sources, const char *path);

/* Something was read that no stat can tell, or could not be read: nothing can be made of SOURCES. */
void sources_doubt(struct sources *sources);

/* False: in doubt, or too young; of those before the one numbered FROM, age does not count. */
bool sources_are_sure(const struct sources *sources, size_t from);
bool source_is_young(const struct sources *sources, const struct source *source);

/* Is SOURCE as it was? */
bool source_is_same(const struct source *source);

/*
 * Is it the directory that FD is open on? *RET_SAME_NAMES: and has the same files. Its time of change is not looked at: whoever may
 * write to it is trusted to set the other one back where no file came or went (rewrite.h).
 */
bool source_is_open(const struct source *source, int fd, bool *ret_same_names);

/* Is it what FD is open on, and as it was? */
bool source_is_untouched(const struct source *source, int fd);

void sources_free(struct sources *sources);
#define cleanup_sources __attribute__((cleanup(sources_free)))

/* Nothing of some kind is there, as long as SOURCES are as they were. */
struct absence {
	struct sources sources;
	bool is_true;
};

#define ABSENCE_NONE ((struct absence){0})

/* True where it can be noted: it is so, and sure. */
bool absence_is_sure(const struct absence *absence);
