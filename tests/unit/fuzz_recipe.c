/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A recipe. What is taken names no place outside of the tree, and keeps within the limits. */
#include "err.h"
#include "fuzz.h"
#include "recipe.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/recipe",
	"conf/tools.d",
	NULL,
};

static void check(int good)
{
	if (!good)
		abort();
}

/* By other means than the parser's. */
static int leaves(const char *path)
{
	return path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
	       strstr(path, "/../") || (strlen(path) > 2 && strcmp(path + strlen(path) - 3, "/..") == 0);
}

static void check_names(const struct recipe_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check(names_is_plain(names[i].name));
}

static void check_places(const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->data_count; i++)
		check(recipe->data[i].source[0] && !leaves(recipe->data[i].target) &&
			(recipe->data[i].source[0] == '/' || !leaves(recipe->data[i].source)));
	for (size_t i = 0; i < recipe->replace_count; i++) {
		const struct recipe_replace *replace = &recipe->replaces[i];

		check(!leaves(replace->file) && strlen(replace->to) <= strlen(replace->from));
		check(replace->to[0] == '/' || !leaves(replace->to));
	}
	for (size_t i = 0; i < recipe->link_count; i++)
		check(!leaves(recipe->links[i].name) && recipe->links[i].target[0] &&
			recipe->links[i].target[0] != '/');
}

static void check_recipe(const struct recipe *recipe)
{
	check(strcmp(recipe->name, "name") == 0 && !recipe->directory);
	check_names(recipe->programs, recipe->program_count);
	check_names(recipe->needs, recipe->need_count);
	check_names(recipe->libraries, recipe->library_count);
	check_places(recipe);
	for (size_t i = 0; i < recipe->environment.count; i++)
		check(strchr(recipe->environment.item[i], '=') > recipe->environment.item[i]);
	for (size_t i = 0; i < recipe->test_count; i++)
		check(names_is_plain(recipe->tests[i].program));
	check(recipe->program_count + recipe->need_count + recipe->library_count + 2 * recipe->data_count +
			recipe->excludes.count + 2 * recipe->replace_count + 2 * recipe->link_count +
			recipe->arguments.count + recipe->environment.count + recipe->test_count <=
		RECIPE_ENTRY_LIMIT + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct recipe *recipe = NULL;
	struct err err = {0};
	int rc;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	rc = recipe_parse(text, "file", "name", &recipe, &err);
	if (rc < 0)
		check(err.number == -rc && strncmp(err.text, "file:", 5) == 0 && !recipe);
	else
		check_recipe(recipe);
	recipe_free(&recipe);
	free(text);
	return 0;
}
