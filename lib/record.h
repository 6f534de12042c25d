/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of one container, <state>/rec/<id>.json: what was known when it started, and which tools are attached. */
#pragma once

#include "bounds.h"

#include "json.h"

#include <sys/types.h>

/* Strings lie in MEMORY where it is not null (record_read), else are borrowed from whoever filled them in. */
struct record {
	char *memory; /* of the texts */
	const char *id;
	const char *name;   /* from annotations; null: none, or the engine keeps it elsewhere */
	const char *engine; /* see state_engine */
	const char *pod, *pod_namespace, *pod_container; /* of Kubernetes, see struct pod; null: in none */
	const char *bundle;                              /* null: unknown */
	const char *
		tools; /* the tree that was attached last; null: none. What *is* attached, the mount tells. */
	uint64_t tools_device; /* its device number, if it was an image; 0: it was none */
	bool foreign;          /* the container was started without the hook: this goes when the tools go */
	uint64_t moved_device, moved_inode; /* of the root of the tools, if they were moved into it; 0: not */
	uint64_t
		moved_mount; /* the number of their mount that no other ever has; 0: not known, see mnt_unique */
	bool made;           /* we made the directory for them */
	pid_t pid;           /* of the first process; 0: it was not there yet, see CREATOR */
	uint64_t start_time;      /* of that process, /proc/PID/stat field 22: a reused pid is told by it */
	uint64_t pidfd_inode;     /* of that process, see target_inode; 0: not known */
	uint64_t pid_namespace;   /* that PID is a number in, see target_pid_namespace */
	uint64_t masters;         /* device number of the tmpfs that the master is on; 0: not known */
	uint64_t mount_namespace; /* that this tmpfs was seen in: an engine may run hooks in several */
	/*
	 * The container's mount at /dev/crashcart, as the hook left it, and the mount namespace that it is in: both are numbers
	 * that no other ever has (mnt_unique, sys_mount_namespace). 0: not known. What it is now, the kernel tells by them.
	 */
	uint64_t container_mount, container_namespace;
	/*
	 * Where the runtime wrapper made the record, before there was a first process: the process that became the runtime,
	 * and the directory in which that keeps the container's state. 0 and null: the hook made it. See created.h.
	 */
	pid_t creator;
	uint64_t creator_start;
	const char *runtime_state; /* an absolute path */
};

#define RECORD_NONE ((struct record){0})

/* The names in POD, which has to stay as long as they are used. */
struct pod;
void record_set_pod(struct record *record, const struct pod *pod);

/* Pure: the record's text, both ways. -EINVAL: not a record, or one of another container than ID. */
int record_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err);
int record_format(const struct record *record, char **ret_text, size_t *ret_length, struct err *err);
/* A record that owns its texts: those of RECORD, by way of its written form. */
int record_copy(const struct record *record, struct record *ret, struct err *err);
void record_release(struct record *record);

/* The file "<id>.json" below DIRFD. -ENOENT: there is none. Writing needs the container's lock. */
int record_read(int dirfd, const char *id, struct record *ret, struct err *err);
/* The same of what is no device, which to open may do something: with half the calls. */
int record_read_regular(int dirfd, const char *id, struct record *ret, struct err *err);

/*
 * The same, for those to whom it is no error that there is none: 1: it was read; 0: there is none, or what is there is no record;
 * negative: it could not be read this time.
 */
int record_find(int dirfd, const char *id, struct record *ret, struct err *err);

/* Does RC, of record_read, say that there is none, or that what is there is no record? */
bool record_is_none(int rc);
int record_write(int dirfd, const struct record *record, struct err *err);
int record_remove(int dirfd, const char *id, struct err *err); /* absent: no error */
