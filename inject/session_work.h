/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What run.c and run_start.c share: a session on its way. */
#pragma once

#include "attach.h"
#include "enter.h"
#include "inject.h"
#include "mark.h"
#include "pack.h"
#include "relay.h"
#include "run.h"
#include "surroundings.h"

/* What the guardian is to end: known only when it is there already. */
struct guarded {
	pid_t pid; /* of the command; 0: there is none yet */
	struct mark mark;
};

/* All that is open or on its way while a session lasts. */
struct session_work {
	struct context *context;
	struct meant meant;
	struct attach_view view;
	int root, directory;
	struct run_plan plan;
	struct surroundings surroundings;
	struct relay relay;
	struct entered entered;
	struct target self;      /* the process that the session is of, also in the guardian */
	uint64_t slack;          /* of the command, see mark.h */
	struct mark mark;        /* of the command and what it starts */
	pid_t guardian;          /* 0: none */
	struct guarded *guarded; /* memory that we share with the guardian */
	struct target first;     /* the container's first process */
	struct packed packed;
	bool own_dev; /* as in struct enter */
};

/* run.c: what the command means; TOOLS: the tree to look into. */
int session_plan(struct session_work *work, int tools, struct err *err);

/* run.c: the tools are known by their identity: enters, and says that somebody is there. COVER: as in struct enter. */
int session_enter(struct session_work *work, int cover, struct err *err);

/*
 * session_record.c: chooses what marks the command, before it is there; tells the system log of it, also where nothing is kept;
 * and keeps what there is to know, once it is there.
 */
void session_choose_mark(struct session_work *work);
void session_audit(const struct session_work *work);
int session_record(struct session_work *work, struct err *err);

/* run.c: closes what keeps the tools and the command busy. */
void session_let_go(struct session_work *work);

/* run.c: removes what a session keeps while it lasts, once its command has ended with STATUS. Returns an exit status. */
int session_end(struct session_work *work, int status);

/* run_start.c: brings the tools and enters, with the container's lock. */
int session_start(struct session_work *work, struct err *err);
