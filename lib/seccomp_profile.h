/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A container's seccomp profile: linux.seccomp of its config.json, read as crun and runc read it. A parser; no files, no
 * system calls, and no number of one: names are resolved where the profile becomes a filter (seccomp.h).
 */
#pragma once

#include "bounds.h"

#include <stddef.h>
#include <stdint.h>

struct err;
struct json;

enum { SECCOMP_ARGUMENTS = 6 }; /* that a system call has at most */

enum seccomp_operator {
	SECCOMP_NOT_EQUAL,
	SECCOMP_LESS,
	SECCOMP_LESS_OR_EQUAL,
	SECCOMP_EQUAL,
	SECCOMP_GREATER_OR_EQUAL,
	SECCOMP_GREATER,
	SECCOMP_MASKED_EQUAL, /* (argument & VALUE) == VALUE_TWO */
};

struct seccomp_condition {
	unsigned int argument; /* below SECCOMP_ARGUMENTS */
	enum seccomp_operator operator;
	uint64_t value, value_two;
};

/* Actions are what a filter returns to the kernel: SECCOMP_RET_* of <linux/seccomp.h>, and its lower half. */
struct seccomp_rule {
	uint32_t action;
	const struct json *names; /* an array of strings, the document's */
	struct seccomp_condition conditions[SECCOMP_CONDITIONS_LIMIT];
	size_t condition_count;
};

struct seccomp_profile {
	struct json *document;
	uint32_t default_action;
	const struct json *architectures; /* an array of strings; null: the native one alone */
	unsigned int flags;               /* SECCOMP_FILTER_FLAG_* */
	struct seccomp_rule *rules;
	size_t rule_count;
};

#define SECCOMP_PROFILE_NONE ((struct seccomp_profile){0})

/*
 * Parses the LENGTH bytes of TEXT, a config.json. 1: *RET has the profile, and is freed by seccomp_profile_release; 0: there
 * is none; -EINVAL: what there is is no profile; -E2BIG: a limit; -ENOMEM.
 */
int seccomp_profile_parse(const char *text, size_t length, struct seccomp_profile *ret, struct err *err);
void seccomp_profile_release(struct seccomp_profile *profile);
#define cleanup_seccomp_profile __attribute__((cleanup(seccomp_profile_release)))
