/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the engines of this host keep what they know of containers: the usual places, those of their configuration
 * files, and those that a running daemon was told on its command line. No engine is asked.
 */
#pragma once

#include "engine_conf.h"
#include "sources.h"

#include <stddef.h>

/*
 * Adds the usual places, and those of configuration files that are to be believed (trusted.h), below ROOT. SOURCES
 * takes all files that could tell anything else, and ENGINE_SHIMS; "/" has to be the root directory then.
 */
void engine_places_configured(int root, struct engine_places *places, struct sources *sources);

/*
 * Adds what command lines name, of processes of a program dockerd or crio that are root's and in our own mount
 * namespace: no container's, whatever such a one runs. Looks at all processes, with one system call for each. SOURCES: as
 * above, of the files that they were told.
 */
void engine_places_running(int root, struct engine_places *places, struct sources *sources);

/*
 * How many containers of docker's or containerd's run? Each, or each pod of containerd's, has a process beside it (the shim), and
 * that has a socket here, whatever directories dockerd was told (since CVE-2020-15257; before, the socket had no file). SIZE_MAX:
 * that cannot be told.
 */
#define ENGINE_SHIMS "/run/containerd/s"
size_t engine_places_shims(int root);
