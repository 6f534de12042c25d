/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is there of all containers: reading it, and removing what dead ones have left. */
#pragma once

#include "engines.h"
#include "living.h"
#include "pod.h"
#include "record.h"
#include "sources.h"
#include "store.h"

/* A container that is known: its record, and its name wherever that was found. */
struct known {
	struct record record;
	const char *name; /* null: none; the list's */
	struct pod *pod;  /* null: it is in none; the list's */
	bool alive;
	uint64_t inode; /* of the file of its record, where the list is of all; 0: not known */
	bool foreign;   /* it was started without the hook, and has no record yet */
};

struct known_list {
	struct known *list;
	size_t count, sorted;    /* SORTED of them are in order, the first */
	struct engines *engines; /* null: not needed yet; those below "/" */
	struct sources *sources; /* the caller's: takes all that is read; null: not wanted */
	struct living living;
	bool has_living; /* false: LIVING was not needed yet */
	bool is_noted;   /* the caller's: what is absent and the engines' places are to be noted */
	struct absence no_users,
		no_machines; /* of ordinary users who may have containers, of machines in systemd-machined's files */
};

#define KNOWN_NONE ((struct known_list){0})

/* All containers with a record, in the order of their ids. What is no record is passed over. *RET: an empty list. */
int collect_known(const struct store *store, struct known_list *ret, struct err *err);
/* The same; SOURCES, which has begun, takes what they were read from, and so does all that is added later. */
int collect_known_of(
	const struct store *store, struct sources *sources, struct known_list *ret, struct err *err);
/* The list's engines; null: no memory. */
struct engines *known_engines(struct known_list *known);
/* Does the container of RECORD live? True where that cannot be told (created_is_gone). */
bool known_lives(struct known_list *known, const struct record *record);
/* The number of our pid namespace, as of target_pid_namespace. */
uint64_t known_pid_namespace(struct known_list *known);
/* Adds the container of RECORD, which is taken in any case, with its names. FOREIGN ones have just been seen to live. */
int known_add(struct known_list *known, struct record *record, bool foreign, struct err *err);
/* Adds the container ID, with its record. -ENOENT: it has none. */
int known_add_id(const struct store *store, const char *id, struct known_list *known, struct err *err);
/*
 * In the order of ids, and of pids where one id is known to several runtimes. Of one process there is one entry, and an
 * ended container gives way to one of its id that runs. Entries move.
 */
void known_sort(struct known_list *known);
void known_free(struct known_list *known);
/* None is known any more, but where engines keep what they know, and what is not there. */
void known_clear(struct known_list *known);
#define cleanup_known __attribute__((cleanup(known_free)))

/* Cuts NAME, of a file in rec/, to the id that it is the record of. False: it is of none. */
bool collect_cut_id(char *name);

/* What one container's record holds, with its name; the same as a list of one. -ENOENT: none. */
int collect_one(const struct store *store, const char *id, struct known_list *ret, struct err *err);

/*
 * Removes what there is of containers whose first process has ended: mounts, masters, records, sessions.
 * Calls REMOVED for each, with the id. Takes the lock of each. Returns how many could not be removed; the
 * first reason is in ERR.
 */
int collect_garbage(
	struct store *store, void (*removed)(const char *id, void *context), void *context, struct err *err);

/* The same for containers that have a mark (store_mark), without waiting for anybody: cheap enough for each poststop. */
void collect_pending(struct store *store);
