/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's configuration: `key = value` lines, later files over earlier ones; and what it means
 * for one container. */
#pragma once

#include "cgroup_session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json;

enum policy_enable { POLICY_ALL, POLICY_ANNOTATED, POLICY_NONE };

struct policy {
	enum policy_enable enable;
	bool allow_opt_out;       /* the annotation oci-crashcart/enable=false counts */
	bool strict;              /* what we could not do keeps the container from starting */
	int log_level;            /* of syslog(3): the least important that is logged */
	char tools[4096];         /* the default tools tree, an absolute path */
	char pack_cache[4096];    /* where dbg-inject --pack keeps trees, an absolute path */
	uint64_t pack_cache_size; /* bytes that they may take */
	char profile[16];         /* dbg-inject's default */
	char runtimes[1024]; /* that the wrapper looks for, in order: names or absolute paths, ", " between */
	struct cgroup_limits session; /* of a session with a control group of its own */
	char unknown[256];            /* keys that were not known, for the log; empty: none */
};

/* What holds where no file says otherwise. */
void policy_default(struct policy *ret);

/*
 * Reads the text of one file over POLICY. NAME is for messages. Lines behind a wrong one are still read, so
 * that `strict` counts wherever it stands; the first wrong line is returned. "#" starts a comment line.
 */
int policy_parse(const char *text, const char *name, struct policy *policy, struct err *err);

/*
 * Reads FILE over POLICY, a path of the host's; then, where DIRECTORY is not null, DIRECTORY's *.conf in the
 * order of their names. Files that are not there are no error; files that others than root may write are not
 * read, and are one (-EPERM).
 */
int policy_read_file(const char *file, struct policy *policy, struct err *err);
int policy_read_directory(const char *directory, struct policy *policy, struct err *err);

/* Where a state directory is, unless a program's caller says otherwise. */
#define STATE_DIRECTORY "/run/oci-crashcart"

/*
 * Reads all that is configured over POLICY: OVERRIDE alone if it is not null; else the distribution's file,
 * the administrator's, and those in the administrator's conf.d. All are read even if one is wrong; the first
 * error is returned.
 */
int policy_load(const char *override, struct policy *policy, struct err *err);

/* Null: the container gets its mount. Otherwise the reason why not, a constant. ANNOTATIONS may be null. */
const char *policy_refusal(const struct policy *policy, const struct json *annotations);
