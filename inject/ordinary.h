/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-inject of an ordinary user. */
#pragma once

#include <sys/types.h>

struct context;
struct err;
struct known;
struct known_list;
struct policy;

/* The ordinary user who calls, as a number outside, also from within podman's namespaces (podman unshare); 0: root. */
uid_t ordinary_user(void);

/*
 * Before the namespaces are joined: adds to POLICY what is this user's own: a tools tree in $XDG_DATA_HOME, if there is
 * one, a cache in $XDG_CACHE_HOME, and the file oci-crashcart/crashcart.conf in $XDG_CONFIG_HOME.
 */
int ordinary_configure(struct policy *policy, struct err *err);

/* The same for a tree: -EPERM if neither root nor this user owns it, which cannot be told afterwards. */
int ordinary_check_tools(const char *path, struct err *err);

/*
 * Does nothing for root. Joins the namespaces of this user's podman: all that is done for root is then done there, as the user's own. Returns 0,
 * or EXIT_OURS after a message. Where there is no podman, what needs no container (--list) finds none.
 */
int ordinary_join(struct context *context);

/* Adds to ERR, where an ordinary user's call finds no such container (ENOENT), whose it does not see. Returns -err->number. */
int ordinary_hint(const struct context *context, struct err *err);

/* Adds the containers that only this user's runtimes know; for root, those of all ordinary users. ID: of that alone; null: any. */
void ordinary_collect(const struct context *context, const char *id, struct known_list *known);

/* The ordinary user whose container it is, for people; null: the caller's own, or it has ended. */
const char *ordinary_owner(const struct known *container, char text[64]);
