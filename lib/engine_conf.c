/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_conf.h"

#include "engine_settings.h"
#include "err.h"
#include "json.h"
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

/* A path is a single string. */
static bool is(const struct engine_setting *setting, const char *table, const char *key)
{
	return setting->is_string && !setting->is_listed && strcmp(setting->table, table) == 0 &&
	       strcmp(setting->key, key) == 0;
}

/* The same in any of some tables, one for each runtime. */
static bool is_of_runtime(const struct engine_setting *setting, const char *key)
{
	return setting->is_string && !setting->is_listed && strcmp(setting->key, key) == 0;
}

static void see_storage(const struct engine_setting *setting, void *places)
{
	if (is(setting, "storage", "graphroot") || is(setting, "storage", "runroot"))
		engine_places_add(places, PLACE_STORAGE, setting->text);
}

static void see_crio(const struct engine_setting *setting, void *places)
{
	static const char runtimes[] = "crio.runtime.runtimes.";

	if (is(setting, "crio", "root") || is(setting, "crio", "runroot"))
		engine_places_add(places, PLACE_STORAGE, setting->text);
	else if (strncmp(setting->table, runtimes, strlen(runtimes)) == 0 &&
		 is_of_runtime(setting, "runtime_root"))
		engine_places_add(places, PLACE_RUNTIME, setting->text);
}

/* The options of a runtime: [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.NAME.options] */
static void see_containerd(const struct engine_setting *setting, void *places)
{
	if (strstr(setting->table, ".runtimes.") && is_of_runtime(setting, "Root"))
		engine_places_add(places, PLACE_RUNTIMES, setting->text);
}

void engine_conf_storage(const char *text, size_t length, struct engine_places *places)
{
	size_t line;

	(void)engine_settings_each(text, length, see_storage, places, &line);
}

void engine_conf_crio(const char *text, size_t length, struct engine_places *places)
{
	size_t line;

	(void)engine_settings_each(text, length, see_crio, places, &line);
}

void engine_conf_containerd(const char *text, size_t length, struct engine_places *places)
{
	size_t line;

	(void)engine_settings_each(text, length, see_containerd, places, &line);
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
