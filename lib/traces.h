/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container has that it had not when it was provisioned, or had and has no more; and what of that is ours. */
#pragma once

#include "bounds.h"

#include "record.h"
#include "store.h"
#include "target.h"

enum trace_kind { TRACE_MOUNT, TRACE_ENTRY, TRACE_PROCESS, TRACE_GROUP, TRACE_KINDS };

enum trace_owner { TRACE_THEIRS, TRACE_OURS, TRACE_UNKNOWN };

struct trace {
	enum trace_kind kind;
	enum trace_owner owner;
	char text[512]; /* escaped */
};

struct traces {
	struct trace *list; /* freed by traces_free */
	size_t count, all;
	bool has_baseline, at_start; /* the baseline was taken when the container started, not later */
	bool compared[TRACE_KINDS];  /* with the baseline; else only what is ours was looked for */
	bool looked[TRACE_KINDS];    /* false: it could not be looked at */
	const char *reason;          /* why there is no baseline, a constant */
};

#define TRACES_NONE ((struct traces){0})

/*
 * Compares the container whose first process TARGET is with its baseline. RECORD may be made up, and STORE null: then there is
 * none. Enters nothing. Needs CAP_SYS_PTRACE, and the container's lock so that nobody attaches or detaches meanwhile.
 */
int traces_find(const struct store *store, const struct record *record, const struct target *target,
	struct traces *ret, struct err *err);
void traces_free(struct traces *traces);
#define cleanup_traces __attribute__((cleanup(traces_free)))

/* For the parts of traces_find. */
void traces_add(struct traces *traces, enum trace_kind kind, enum trace_owner owner, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* traces_processes.c */
int traces_find_processes(const struct store *store, const struct record *record, const struct target *target,
	struct traces *traces, struct err *err);

/* traces_groups.c */
struct baseline;
void traces_find_groups(const struct store *store, const struct record *record, const struct target *target,
	const struct baseline *baseline, struct traces *traces);
