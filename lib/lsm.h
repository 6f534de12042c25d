/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of Linux security modules: AppArmor's profile and SELinux's context of a process, where the kernel has them. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

struct err;

struct lsm {
	char apparmor[LSM_LABEL_LIMIT]; /* the profile's name; empty: there is none, or it is unconfined */
	char selinux[LSM_LABEL_LIMIT];  /* the context; empty: there is none */
};

/* The labels of the process behind PROC (a descriptor of its /proc directory). No security module is no error. */
int lsm_read(int proc, struct lsm *ret, struct err *err);

/* Pure: the label in what the file "current" says, "PROFILE (enforce)\n" or a context. False: nothing that confines. */
bool lsm_parse(const char *current, size_t length, char ret[LSM_LABEL_LIMIT]);

/*
 * Has LSM's labels take effect at the next exec of the calling process, or of one that it makes. Writes to the host's
 * /proc, so it is called before any namespace is entered.
 */
int lsm_set_at_exec(const struct lsm *lsm, struct err *err);
