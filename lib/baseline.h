/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container had when it was provisioned, <state>/rec/<id>.baseline: its mounts, what is in its /dev, its control
 * groups. So it can be told later what has come since. Small, with limits, and never a reason for a failure.
 */
#pragma once

#include "bounds.h"

#include "json.h"
#include "mountinfo.h"
#include "record.h"
#include "target.h"

/* Texts, one behind the other, each with a NUL. */
struct baseline_texts {
	char *text;            /* null: not known */
	size_t length, weight; /* WEIGHT: what they take in the file */
	bool more;             /* there were more than the limit allows */
};

void baseline_texts_free(struct baseline_texts *texts);
#define cleanup_texts __attribute__((cleanup(baseline_texts_free)))

/* A mount as one line: "MAJOR:MINOR ROOT POINT TYPE", escaped. */
void baseline_mount_text(const struct mount_entry *entry, char ret[BASELINE_TEXT_SIZE_LIMIT]);

/*
 * As mountinfo_find, and takes all mounts of TABLE down in MOUNTS, which are emptied first; null: takes nothing down.
 * TABLE is cut up.
 */
bool baseline_find(
	struct baseline_texts *mounts, char *table, unsigned long long id, struct mount_entry *ret);

/*
 * Lists the directory DEV, "NAME KIND" each, KIND as in ls -l; no entry is looked at, as another file system may be mounted on
 * it. Is for one in memory alone: any other could be the container's, and keep us for ever.
 */
void baseline_list_entries(int dev, struct baseline_texts *ret);
bool baseline_is_in_memory(const char *type); /* of the file system */

/* The control groups of the process behind PROC, in one line, escaped; empty: not to be told. */
void baseline_groups(int proc, char ret[BASELINE_GROUPS_SIZE_LIMIT]);

/* Has the container ID a baseline below DIRFD? */
bool baseline_is_written(int dirfd, const char *id);

/*
 * Writes what MOUNTS and ENTRIES say of the container of RECORD below DIRFD, unless that is written already. AT_START: it
 * was provisioned just now; else it has been for a while. Needs the container's lock. An error leaves nothing.
 */
int baseline_write(int dirfd, const struct record *record, const struct target *target,
	const struct baseline_texts *mounts, const struct baseline_texts *entries, bool at_start,
	struct err *err);

/* Takes all down, for a container that has no baseline yet, of the runtime wrapper's. Errors are no matter. */
void baseline_take_late(int dirfd, const struct record *record, const struct target *target);

/* What was written. */
struct baseline {
	struct json *document;
	bool at_start;
	uint64_t start_time;        /* of the process that it was taken of */
	const struct json *mounts;  /* of texts */
	const struct json *entries; /* the same; null: not known */
	bool all_mounts, all_entries;
	const char *groups; /* null: not known, or told in another cgroup namespace than ours */
};

#define BASELINE_NONE ((struct baseline){0})

/* Pure. -EINVAL: it is none. */
int baseline_parse(
	const char *text, size_t length, uint64_t groups_namespace, struct baseline *ret, struct err *err);

/* -ENOENT: there is none for the process that RECORD names. */
int baseline_read(int dirfd, const struct record *record, struct baseline *ret, struct err *err);
void baseline_release(struct baseline *baseline);
#define cleanup_baseline __attribute__((cleanup(baseline_release)))

/* Absent is no error. */
int baseline_remove(int dirfd, const char *id, struct err *err);
