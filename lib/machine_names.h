/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of LXC containers and systemd-nspawn machines, as control groups and systemd-machined's files have them. Parsers. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MACHINE_NAME_SIZE = 128 };

/* Of a control group at the top of its hierarchy, "lxc.payload.NAME", or "lxc.payload.PROJECT_NAME" of LXD. False: not LXC's. */
bool machine_of_lxc(const char *group, char ret[MACHINE_NAME_SIZE]);

/*
 * Of a unit below machine.slice, "systemd-nspawn@NAME.service" or "machine-NAME.scope", where NAME is escaped as systemd
 * does. False: not a machine's.
 */
bool machine_of_unit(const char *unit, char ret[MACHINE_NAME_SIZE]);

/* What /run/systemd/machines/NAME says. */
struct machine_file {
	pid_t leader;
	char unit[256]; /* that the leader is in; empty: not said */
	bool nspawn;    /* a container of systemd-nspawn's: no virtual machine, nor of libvirt's */
};

/* False: it names no leader. */
bool machine_parse(const char *text, size_t length, struct machine_file *ret);

/* Is UNIT a component of a path in MEMBERSHIP, a text as of /proc/PID/cgroup? */
bool machine_is_member(const char *membership, const char *unit);
