/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the text of a record says, key by key, before it is looked at what that means: for record_text.c and record_scan.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a record has, in the order in which it is written. */
enum record_key {
	KEY_VERSION,
	KEY_ID,
	KEY_NAME,
	KEY_ENGINE,
	KEY_POD,
	KEY_POD_NAMESPACE,
	KEY_POD_CONTAINER,
	KEY_BUNDLE,
	KEY_PID,
	KEY_START_TIME,
	KEY_CREATOR,
	KEY_RUNTIME_STATE,
	KEY_PID_NAMESPACE,
	KEY_MASTERS,
	KEY_MOUNT_NAMESPACE,
	KEY_PIDFD_INODE,
	KEY_CONTAINER_MOUNT,
	KEY_CONTAINER_NAMESPACE,
	KEY_TOOLS,
	KEY_TOOLS_DEVICE,
	KEY_MOVED_DEVICE,
	KEY_MOVED_INODE,
	KEY_MOVED_MOUNT,
	KEY_MADE,
	KEY_FOREIGN,
	KEY_COUNT
};

extern const char *const record_keys[KEY_COUNT];

/* All but IS_THERE are 0 where the value is of another kind. */
struct record_value {
	bool is_there;
	bool is_true;
	const char *text;
	uint64_t number; /* from 1 to INT64_MAX */
};

/* The place of the key NAME; it is found first where it is at or behind FROM. KEY_COUNT: there is no such key. */
size_t record_key_find(const char *name, size_t from);

/*
 * Fills in VALUES, which are empty, from TEXT as record_format writes it nearly always: no names but ours, plain ASCII without
 * escapes, no objects in objects. Strings lie in TEXT, which is cut up, and has a NUL behind its LENGTH bytes. False: it is something
 * else, of which a parser of JSON has to say what; VALUES then hold anything. Whatever it accepts, that parser reads alike.
 */
bool record_scan(char *text, size_t length, struct record_value values[KEY_COUNT]);
