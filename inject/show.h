/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What --list and --status have in common: one container as it is shown. */
#pragma once

#include "attach.h"
#include "inject.h"

struct json_writer;
struct session;
struct shares;

struct view {
	const struct known *container;
	bool provisioned, attached, moved; /* MOVED: attached by a mount that was moved into it */
	const char *owner;                 /* the ordinary user whose it is; null: the caller's own */
	struct attach_status status;       /* of --status; where LOOKED */
	bool looked;
};

/* "propagation" or "none". */
const char *view_provisioned(const struct view *view);
/* The tools that are attached; null: none. */
const char *view_tools(const struct view *view);
/* The container's name for people, or "-". */
const char *view_name(const struct known *container, char *ret, size_t size);

/* An element of a list of sessions. WRITER: a struct json_writer. */
void view_write_session(const struct session *session, void *writer);

/*
 * Writes VIEW as an object, up to its sessions, which the caller writes: an array is open, and then an object. SHARES: of
 * --status; null: not looked for.
 */
void view_begin(const struct view *view, struct json_writer *writer);
int view_print_json(struct json_writer *writer);
