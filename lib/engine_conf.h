/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where engines keep what they know of containers, by their configuration. Parsers; no files. */
#pragma once

#include "bounds.h"

#include <stdbool.h>
#include <stddef.h>

enum engine_place_kind {
	PLACE_RUNTIME,  /* a runtime's: a directory for each container */
	PLACE_RUNTIMES, /* a directory of those, one for each namespace of the engine's */
	PLACE_DOCKER,   /* docker's data root */
	PLACE_STORAGE,  /* graph root or run root of containers-storage */
};

struct engine_places {
	struct engine_place {
		enum engine_place_kind kind;
		char *path; /* absolute */
	} list[ENGINE_PLACES_LIMIT];
	size_t count;
};

/* Adds PATH, unless it is there; what is no absolute path, or too long, and more than the limit is left out. */
void engine_places_add(struct engine_places *places, enum engine_place_kind kind, const char *path);
void engine_places_release(struct engine_places *places);

/*
 * Pure: each adds the places that a text of LENGTH bytes names. What it does not understand it passes over, as a wrong
 * configuration of an engine is not ours to complain of.
 */
void engine_conf_docker(const char *text, size_t length, struct engine_places *places);     /* daemon.json */
void engine_conf_storage(const char *text, size_t length, struct engine_places *places);    /* storage.conf */
void engine_conf_crio(const char *text, size_t length, struct engine_places *places);       /* crio.conf */
void engine_conf_containerd(const char *text, size_t length, struct engine_places *places); /* config.toml */

/*
 * Pure: of the command line of a running dockerd or crio, as /proc/PID/cmdline has it. *RET_FILE: the configuration file
 * that it names, within TEXT; null: none.
 */
void engine_conf_arguments(
	const char *text, size_t length, struct engine_places *places, const char **ret_file);
