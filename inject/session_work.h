/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What run.c and run_start.c share: a session on its way. */
#pragma once

#include "attach.h"
#include "enter.h"
#include "inject.h"
#include "pack.h"
#include "relay.h"
#include "run.h"
#include "surroundings.h"

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
	struct target first; /* the container's first process */
	struct packed packed;
	bool own_dev; /* as in struct enter */
};

/* run.c: what the command means; TOOLS: the tree to look into. */
int session_plan(struct session_work *work, int tools, struct err *err);

/* run.c: the tools are known by their identity: enters, and says that somebody is there. COVER: as in struct enter. */
int session_enter(struct session_work *work, int cover, struct err *err);

/* run_start.c: brings the tools and enters, with the container's lock. */
int session_start(struct session_work *work, struct err *err);
