/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engines of this host tell of containers by their files; read when first needed, and kept. */
#pragma once

#include <stdbool.h>

struct engine_places;
struct engines;
struct record;
struct sources;

/* ROOT: the directory that the host's paths are in, "/". Null: no memory. */
struct engines *engines_new(const char *root);
void engines_free(struct engines *engines);

/* What was read of containers is no more; where engines keep it stays known. */
void engines_forget(struct engines *engines);

/*
 * From now on SOURCES (null: nothing) takes the files that names are read from. PLACES: it is noted what the configured places are
 * read from, if they are not read yet. "/" has to be the root directory.
 */
void engines_note(struct engines *engines, bool places, struct sources *sources);

/* A descriptor of the root directory; ENGINES's. */
int engines_root(const struct engines *engines);

/*
 * Where they keep what they know. RUNNING: look at running daemons as well (engine_places.h), if there is a sign of
 * containers of theirs. ENGINES's.
 */
const struct engine_places *engines_places(struct engines *engines, bool running);

/* What the configured places were read from; null: that was not noted. ENGINES's. */
const struct sources *engines_configuration(const struct engines *engines);

/* Were running daemons looked at? */
bool engines_has_looked(const struct engines *engines);

/* PLACES are all that are configured, and RUNNING: of running daemons; without a look. They are ENGINES's from now on. */
void engines_take_places(struct engines *engines, struct engine_places *places, bool running);

/* From now on running daemons are looked for without a sign. False: they have been looked for. */
bool engines_look_everywhere(struct engines *engines);

/*
 * The container ID has NAME, whatever its engine's files say, until engines_untell: a user's may have the same id. Errors are no
 * matter: then the files are read.
 */
void engines_tell_name(struct engines *engines, const char *id, const char *name);
void engines_untell(struct engines *engines);

/*
 * The name that its engine's files have for the container of RECORD, valid until engines_free; null: none. They come before
 * the record's, as a container may have been renamed.
 */
const char *engines_name(struct engines *engines, const struct record *record);
