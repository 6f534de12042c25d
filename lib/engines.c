/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engines.h"

#include "engine_docker.h"
#include "engine_names.h"
#include "engine_places.h"
#include "err.h"
#include "record.h"
#include "sources.h"
#include "trusted.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* A file of containers-storage that was read; containers of one engine share it. */
struct names_file {
	struct names_file *next;
	char *path;
	struct engine_names *names; /* null: not to be read */
};

/* A name that is kept for who asked for it; ID: whose it is, where that was told. */
struct kept {
	struct kept *next;
	char *name, *id;
};

/* A place of docker's, opened; PLACE numbers it. */
struct docker_place {
	struct docker_place *next;
	size_t place;
	struct docker_root docker;
};

struct engines {
	int root;
	struct sources *sources;                                   /* not ours; null: not wanted */
	bool has_configured, has_running, has_skipped, everywhere; /* SKIPPED: the look at running daemons */
	struct engine_places places;
	struct sources configuration;
	struct names_file *files;
	struct kept *kept, *told;
	struct docker_place *docker;
};

struct engines *engines_new(const char *root)
{
	struct engines *engines = calloc(1, sizeof(*engines));

	if (!engines)
		return NULL;
	engines->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (engines->root >= 0)
		return engines;
	free(engines);
	return NULL;
}

static void forget_names(struct kept **list)
{
	for (struct kept *kept = *list, *next; kept; kept = next) {
		next = kept->next;
		free(kept->name);
		free(kept->id);
		free(kept);
	}
	*list = NULL;
}

void engines_forget(struct engines *engines)
{
	for (struct names_file *file = engines->files, *next; file; file = next) {
		next = file->next;
		engine_names_free(file->names);
		free(file->path);
		free(file);
	}
	forget_names(&engines->kept);
	forget_names(&engines->told);
	for (struct docker_place *each = engines->docker, *next; each; each = next) {
		next = each->next;
		docker_close(&each->docker);
		free(each);
	}
	engines->files = NULL;
	engines->docker = NULL;
}

void engines_free(struct engines *engines)
{
	if (!engines)
		return;
	engines_forget(engines);
	engine_places_release(&engines->places);
	sources_free(&engines->configuration);
	close(engines->root);
	free(engines);
}

void engines_note(struct engines *engines, bool places, struct sources *sources)
{
	if (places && !engines->has_configured && !engines->configuration.is_open)
		sources_begin(&engines->configuration);
	engines->sources = sources;
}

int engines_root(const struct engines *engines)
{
	return engines->root;
}

const struct engine_places *engines_places(struct engines *engines, bool running)
{
	if (!engines->has_configured)
		engine_places_configured(engines->root, &engines->places, &engines->configuration);
	engines->has_configured = true;
	if (running && !engines->has_running) {
		engines->has_skipped = !engines->everywhere && !engine_places_shims(engines->root);
		if (!engines->has_skipped)
			engine_places_running(engines->root, &engines->places, &engines->configuration);
	}
	engines->has_running |= running;
	return &engines->places;
}

const struct sources *engines_configuration(const struct engines *engines)
{
	return engines->configuration.is_open ? &engines->configuration : NULL;
}

bool engines_has_looked(const struct engines *engines)
{
	return engines->has_running && !engines->has_skipped;
}

void engines_take_places(struct engines *engines, struct engine_places *places, bool running)
{
	engine_places_release(&engines->places);
	sources_free(&engines->configuration);
	engines->places = *places;
	*places = (struct engine_places){0};
	engines->has_configured = true;
	engines->has_running = running;
	engines->has_skipped = false;
}

bool engines_look_everywhere(struct engines *engines)
{
	bool more = !engines->has_running || engines->has_skipped;

	engines->everywhere = true;
	engines->has_running = !more;
	return more;
}

/* TRUSTED: it was told by the configuration; else by the container's bundle, whose path is its runtime's. */
static const struct engine_names *names_of(struct engines *engines, const char *path, bool trusted)
{
	struct names_file *file;
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	for (file = engines->files; file; file = file->next)
		if (strcmp(file->path, path) == 0)
			return file->names;
	file = calloc(1, sizeof(*file));
	if (!file) {
		sources_doubt(engines->sources);
		return NULL;
	}
	*file = (struct names_file){.next = engines->files, .path = strdup(path)};
	if (!file->path) {
		sources_doubt(engines->sources);
		free(file);
		return NULL;
	}
	engines->files = file;
	sources_add(engines->sources, path);
	rc = (trusted ? trusted_read : trusted_read_any)(
		engines->root, path, NAMES_SIZE_LIMIT, &text, &length, ERR_IGNORED);
	if (rc == 0)
		rc = engine_names_parse(text, length, &file->names, ERR_IGNORED) == -ENOMEM ? -ENOMEM : 0;
	if (rc < 0 && rc != -ENOENT)
		sources_doubt(engines->sources);
	return file->names;
}

/* In DIRECTORY, as "/var/lib/containers/storage/overlay-containers". CRI-O's names are in the volatile one alone. */
static const char *find_in(struct engines *engines, const char *directory, const char *id, bool trusted)
{
	static const char *const files[] = {"containers.json", "volatile-containers.json"};
	const char *name = NULL;
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(files) && !name; i++) {
		const struct engine_names *names;

		if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, files[i]) >= sizeof(path))
			return NULL;
		names = names_of(engines, path, trusted);
		name = names ? engine_names_find(names, id) : NULL;
	}
	return name;
}

/* Beside the bundle; or, as that may be below the run root, in another root of the storage. */
static const char *find_in_storage(struct engines *engines, const struct record *record)
{
	const struct engine_places *places;
	char beside[PATH_MAX], path[PATH_MAX];
	const char *name, *driver;

	if (!record->bundle || !engine_names_file(record->bundle, record->id, beside, sizeof(beside)))
		return NULL;
	*strrchr(beside, '/') = '\0';
	name = find_in(engines, beside, record->id, false);
	if (name || record->name)
		return name;
	driver = strrchr(beside, '/');
	places = engines_places(engines, false);
	for (size_t i = 0; i < places->count && !name; i++)
		if (places->list[i].kind == PLACE_STORAGE &&
			(size_t)snprintf(path, sizeof(path), "%s%s", places->list[i].path, driver) <
				sizeof(path))
			name = find_in(engines, path, record->id, true);
	return name;
}

/* Null: no memory. */
static const struct docker_root *open_docker(struct engines *engines, const char *path, size_t place)
{
	struct docker_place *each = engines->docker;

	while (each && each->place != place)
		each = each->next;
	if (each || !(each = malloc(sizeof(*each))))
		return each ? &each->docker : NULL;
	each->next = engines->docker;
	each->place = place;
	docker_open(engines->root, path, engines->sources, &each->docker);
	engines->docker = each;
	return &each->docker;
}

static const char *find_docker(
	struct engines *engines, const struct engine_places *places, const char *id, size_t from)
{
	const struct docker_root *docker;
	struct kept *kept = NULL;
	char *name = NULL;

	for (size_t i = from; i < places->count && !name; i++)
		if (places->list[i].kind == PLACE_DOCKER &&
			(docker = open_docker(engines, places->list[i].path, i)))
			(void)docker_name(docker, id, engines->sources, &name, ERR_IGNORED);
	if (name)
		kept = malloc(sizeof(*kept));
	if (!kept) {
		free(name);
		return NULL;
	}
	*kept = (struct kept){engines->kept, name, NULL};
	engines->kept = kept;
	return name;
}

/* A daemon with places of its own is looked for last: that is a look at all processes, though only once. */
static const char *find_in_docker(struct engines *engines, const struct record *record)
{
	const struct engine_places *places = engines_places(engines, false);
	size_t configured = places->count;
	const char *name = find_docker(engines, places, record->id, 0);

	if (name || engines->has_running)
		return name;
	return find_docker(engines, engines_places(engines, true), record->id, configured);
}

void engines_tell_name(struct engines *engines, const char *id, const char *name)
{
	struct kept *kept = malloc(sizeof(*kept));

	if (!kept)
		return;
	*kept = (struct kept){engines->told, strdup(name), strdup(id)};
	engines->told = kept;
}

void engines_untell(struct engines *engines)
{
	for (struct kept *kept = engines->told; kept; kept = kept->next) {
		free(kept->id);
		kept->id = NULL;
	}
}

static const char *find_told(const struct engines *engines, const char *id)
{
	for (const struct kept *kept = engines->told; kept; kept = kept->next)
		if (kept->id && strcmp(kept->id, id) == 0)
			return kept->name;
	return NULL;
}

const char *engines_name(struct engines *engines, const struct record *record)
{
	const char *told = find_told(engines, record->id);

	if (told)
		return told;
	if (record->engine && strcmp(record->engine, "docker") == 0)
		return find_in_docker(engines, record);
	return find_in_storage(engines, record);
}
