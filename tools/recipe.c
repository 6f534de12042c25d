/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recipe.h"

#include "err.h"
#include "recipe_file.h"
#include "util.h"

#include <errno.h>

#define SUFFIX ".conf"

int recipe_read(const char *directories, const char *name, struct recipe **ret, struct err *err)
{
	cleanup_recipe_file struct recipe_file file = RECIPE_FILE_NONE;
	cleanup_free char *path = NULL;
	int rc;

	if (!names_is_plain(name))
		return -ENOENT;
	path = util_printf("%s" SUFFIX, name);
	if (!path)
		return err_errno(err, ENOMEM, "%s", name);
	rc = recipe_file_read(directories, path, &file, err);
	if (rc == 0)
		rc = recipe_parse(file.text, file.path, name, ret, err);
	if (rc == 0)
		(*ret)->directory = TAKE_PTR(file.directory);
	return rc;
}

int recipe_list(const char *directories, struct names *ret, struct err *err)
{
	return recipe_file_list(directories, ".", SUFFIX, ret, err);
}

static void free_names(struct recipe_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_keep_errno(&names[i].name);
	free_keep_errno(&names);
}

static void free_data(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->data_count; i++) {
		free_keep_errno(&recipe->data[i].source);
		free_keep_errno(&recipe->data[i].target);
	}
	free_keep_errno(&recipe->data);
}

static void free_replaces(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->replace_count; i++) {
		free_keep_errno(&recipe->replaces[i].file);
		free_keep_errno(&recipe->replaces[i].from);
		free_keep_errno(&recipe->replaces[i].to);
	}
	free_keep_errno(&recipe->replaces);
}

static void free_links(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->link_count; i++) {
		free_keep_errno(&recipe->links[i].name);
		free_keep_errno(&recipe->links[i].target);
	}
	free_keep_errno(&recipe->links);
}

static void free_tests(struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->test_count; i++) {
		free_keep_errno(&recipe->tests[i].program);
		names_free(&recipe->tests[i].arguments);
		free_keep_errno(&recipe->tests[i].output);
	}
	free_keep_errno(&recipe->tests);
}

void recipe_free(struct recipe **place)
{
	struct recipe *recipe = *place;

	if (!recipe)
		return;
	free_names(recipe->programs, recipe->program_count);
	free_names(recipe->needs, recipe->need_count);
	free_names(recipe->libraries, recipe->library_count);
	free_data(recipe);
	names_free(&recipe->excludes);
	free_replaces(recipe);
	free_links(recipe);
	names_free(&recipe->arguments);
	names_free(&recipe->environment);
	free_tests(recipe);
	free_keep_errno(&recipe->name);
	free_keep_errno(&recipe->directory);
	free_keep_errno(place);
}
