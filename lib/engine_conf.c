/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_conf.h"

#include "err.h"
#include "json.h"
#include "toml.h"
#include "util.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void engine_places_add(struct engine_places *places, enum engine_place_kind kind, const char *path)
{
	char *copy;

	if (!path || path[0] != '/' || strlen(path) >= PATH_MAX / 2 || places->count == ENGINE_PLACES_LIMIT)
		return;
	for (size_t i = 0; i < places->count; i++)
		if (places->list[i].kind == kind && strcmp(places->list[i].path, path) == 0)
			return;
	copy = strdup(path);
	if (copy)
		places->list[places->count++] = (struct engine_place){kind, copy};
}

void engine_places_release(struct engine_places *places)
{
	for (size_t i = 0; i < places->count; i++)
		free(places->list[i].path);
	places->count = 0;
}

/* dockerd has its containers' runtime keep their state below here, whatever runtime it is. */
static void add_exec_root(struct engine_places *places, const char *path)
{
	cleanup_free char *runtimes = path ? util_printf("%s/runtime-runc", path) : NULL;

	engine_places_add(places, PLACE_RUNTIMES, runtimes);
}

void engine_conf_docker(const char *text, size_t length, struct engine_places *places)
{
	cleanup_json struct json *document = NULL;

	if (json_parse(text, length, &document, ERR_IGNORED) < 0)
		return;
	engine_places_add(places, PLACE_DOCKER, json_string(json_get(document, "data-root")));
	engine_places_add(places, PLACE_DOCKER, json_string(json_get(document, "graph")));
	add_exec_root(places, json_string(json_get(document, "exec-root")));
}

static bool is(const struct toml *toml, const char *section, const char *key)
{
	return strcmp(toml->section, section) == 0 && strcmp(toml->key, key) == 0;
}

void engine_conf_storage(const char *text, size_t length, struct engine_places *places)
{
	struct toml toml;

	for (toml_begin(&toml, text, length); toml_next(&toml);)
		if (is(&toml, "storage", "graphroot") || is(&toml, "storage", "runroot"))
			engine_places_add(places, PLACE_STORAGE, toml.value);
}

/* The section of one runtime of many. */
static bool is_below(const struct toml *toml, const char *section)
{
	return strncmp(toml->section, section, strlen(section)) == 0;
}

void engine_conf_crio(const char *text, size_t length, struct engine_places *places)
{
	struct toml toml;

	for (toml_begin(&toml, text, length); toml_next(&toml);)
		if (is(&toml, "crio", "root") || is(&toml, "crio", "runroot"))
			engine_places_add(places, PLACE_STORAGE, toml.value);
		else if (is_below(&toml, "crio.runtime.runtimes.") && strcmp(toml.key, "runtime_root") == 0)
			engine_places_add(places, PLACE_RUNTIME, toml.value);
}

void engine_conf_containerd(const char *text, size_t length, struct engine_places *places)
{
	struct toml toml;

	/* The options of a runtime: [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.NAME.options] */
	for (toml_begin(&toml, text, length); toml_next(&toml);)
		if (strstr(toml.section, ".runtimes.") && strcmp(toml.key, "Root") == 0)
			engine_places_add(places, PLACE_RUNTIMES, toml.value);
}

/* The next word of a command line, up to END; null: none. A last one without its NUL is cut off, and not believed. */
static const char *next_word(const char **rest, const char *end)
{
	const char *word = *rest, *close = memchr(word, '\0', (size_t)(end - word));

	if (!close)
		return NULL;
	*rest = close + 1;
	return word;
}

/* The value of the option NAME, where WORD is it: behind its "=", or the next word. */
static const char *value_of(const char *name, const char *word, const char **rest, const char *end)
{
	size_t length = strlen(name);

	if (word[0] != '-' || word[1] != '-' || strncmp(word + 2, name, length) != 0)
		return NULL;
	if (word[2 + length] == '=')
		return word + 3 + length;
	return word[2 + length] == '\0' ? next_word(rest, end) : NULL;
}

void engine_conf_arguments(
	const char *text, size_t length, struct engine_places *places, const char **ret_file)
{
	const char *rest = text, *end = text + length, *word, *value;

	*ret_file = NULL;
	while ((word = next_word(&rest, end))) {
		if ((value = value_of("data-root", word, &rest, end)))
			engine_places_add(places, PLACE_DOCKER, value);
		else if ((value = value_of("exec-root", word, &rest, end)))
			add_exec_root(places, value);
		else if ((value = value_of("root", word, &rest, end)) ||
			 (value = value_of("runroot", word, &rest, end)))
			engine_places_add(places, PLACE_STORAGE, value);
		else if ((value = value_of("config-file", word, &rest, end)))
			*ret_file = value;
	}
}
