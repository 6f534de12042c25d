/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a runtime tells a hook: the OCI state, and the two things that we read in config.json. Parsers; no files. */
#pragma once

#include "bounds.h"

#include "json.h"

#include <sys/types.h>

/* Strings and annotations are DOCUMENT's; state_release frees all. */
struct container {
	struct json *document;
	const char *id;     /* fit for a path (path_is_id) */
	const char *status; /* as the runtime says: creating, created, running, stopped */
	pid_t pid;          /* of the first process, in the pid namespace of the runtime; 0: none */
	const char *bundle; /* absolute, or null */
	const char *root;   /* crun and youki: the root file system, absolute or relative to the bundle; else
			     null */
	const struct json *annotations; /* null where the runtime does not pass them */
};

#define CONTAINER_NONE ((struct container){0})

/* Parses the LENGTH bytes of TEXT. -EINVAL: not a state, or an id that is no id. */
int state_parse(const char *text, size_t length, struct container *ret, struct err *err);
void state_release(struct container *container);

/* config.json of a bundle, as far as we need it. Freed by config_release. */
struct config {
	struct json *document;
	const char *root;               /* root.path, absolute or relative to the bundle; null: not there */
	const struct json *annotations; /* null: none */
};

#define CONFIG_NONE ((struct config){0})

int config_parse(const char *text, size_t length, struct config *ret, struct err *err);

/* The same for who asks for ROOT and ANNOTATIONS alone: DOCUMENT has nothing else, and takes a fraction of the time. */
int config_peek(const char *text, size_t length, struct config *ret, struct err *err);
void config_release(struct config *config);

/* The engine that made a container, told by its annotations and bundle: "podman", "crio", "containerd",
 * "docker" or "unknown". */
const char *state_engine(const struct json *annotations, const char *bundle);

/* The name that annotations give it (CRI-O, containerd's CRI, nerdctl); null where the engine keeps names
 * elsewhere. */
const char *state_name(const struct json *annotations);

/* True for the pause container of a pod: it has nothing to debug. */
bool state_is_sandbox(const struct json *annotations);
