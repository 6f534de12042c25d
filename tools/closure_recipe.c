/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Recipes: which there are, and what one brings. And packages, which may have one. */
#include "closure_parts.h"
#include "err.h"
#include "packages.h"
#include "recipe.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct known_recipe *find_known(const struct closure *closure, const char *name)
{
	for (size_t i = 0; i < closure->recipe_count; i++)
		if (strcmp(closure->recipes[i].recipe->name, name) == 0)
			return &closure->recipes[i];
	return NULL;
}

static const struct recipe_name *find_program(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->program_count; i++)
		if (strcmp(recipe->programs[i].name, name) == 0)
			return &recipe->programs[i];
	return NULL;
}

static int know(struct closure *closure, const char *name, struct err *err)
{
	cleanup_recipe struct recipe *recipe = NULL;
	struct known_recipe *bigger;
	int rc;

	if (find_known(closure, name))
		return 0;
	rc = recipe_read(closure->sources.recipes, name, &recipe, err);
	if (rc < 0)
		return rc;
	bigger = reallocarray(closure->recipes, closure->recipe_count + 1, sizeof(*bigger));
	if (!bigger)
		return err_errno(err, ENOMEM, "%s", name);
	closure->recipes = bigger;
	bigger[closure->recipe_count++] = (struct known_recipe){.recipe = TAKE_PTR(recipe)};
	return 0;
}

/* What is wrong with one, or with a directory, is passed by here, and complained of when it is asked for by its name. */
static void know_all(struct closure *closure)
{
	cleanup_names struct names all = {0};

	if (closure->recipe_count == 0)
		(void)recipe_list(closure->sources.recipes, &all, ERR_IGNORED);
	for (size_t i = 0; i < all.count && closure->recipe_count < CLOSURE_RECIPE_LIMIT; i++)
		(void)know(closure, all.item[i], ERR_IGNORED);
}

/* By its own name, then by that of a program of its. -ENOENT: there is none; ERR is not set. */
static int find(struct closure *closure, const char *name, struct known_recipe **ret, struct err *err)
{
	int rc;

	know_all(closure);
	rc = know(closure, name, err);
	if (rc == 0)
		*ret = find_known(closure, name);
	for (size_t i = 0; rc == -ENOENT && i < closure->recipe_count; i++)
		if (find_program(closure->recipes[i].recipe, name)) {
			*ret = &closure->recipes[i];
			rc = 0;
		}
	return rc;
}

/* WORD is the name or path of the one that was asked for, PROGRAM the one that is meant. */
static int add_program(struct closure *closure, const struct recipe *recipe,
	const struct recipe_name *program, const char *word, bool optional, struct err *err)
{
	bool by_path = strchr(word, '/') && strcmp(names_base(word), program->name) == 0;
	cleanup_free char *path = NULL;
	int rc = closure_find_program(closure, by_path ? word : program->name, &path, err);

	if (rc == -ENOENT)
		return program->optional || optional ? 0 : closure_add_missing(closure, program->name, err);
	return rc == 0 ? closure_add_program(closure, path, program->name, recipe, err) : rc;
}

/* A recipe of another name than WORD's was found by its program: that one alone is wanted. */
static int add_programs(struct closure *closure, const struct recipe *recipe, const char *word, bool optional,
	struct err *err)
{
	bool all = strcmp(recipe->name, names_base(word)) == 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < recipe->program_count; i++)
		if (all || strcmp(recipe->programs[i].name, names_base(word)) == 0)
			rc = add_program(closure, recipe, &recipe->programs[i], word, optional, err);
	return rc;
}

/* What is opened at run time, is looked for as a program of the recipe would. */
static const struct object *library_user(const struct closure *closure, const struct recipe *recipe)
{
	for (size_t i = 0; i < closure->tools.count; i++) {
		const struct object *tool = closure->tools.item[i];

		if (tool->recipe == recipe && tool->elf.interpreter)
			return tool;
	}
	return NULL;
}

static int add_libraries(struct closure *closure, const struct recipe *recipe, struct err *err)
{
	const struct object *user = library_user(closure, recipe);
	int rc = 0;

	for (size_t i = 0; user && rc == 0 && i < recipe->library_count; i++) {
		const struct recipe_name *library = &recipe->libraries[i];

		rc = closure_add_library(closure, user, library->name, library->optional, err);
		if (rc == -ENOENT && library->optional)
			rc = 0;
	}
	return rc;
}

/* None of its programs is there, and all may be missing: then nothing of it is wanted. */
static bool is_absent(const struct closure *closure, const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->program_count; i++)
		if (closure_tool(closure, recipe->programs[i].name))
			return false;
	return recipe->program_count;
}

static int add_rest(struct closure *closure, const struct recipe *recipe, struct err *err)
{
	int rc = add_libraries(closure, recipe, err);

	for (size_t i = 0; rc == 0 && i < recipe->need_count; i++)
		rc = closure_add(closure, recipe->needs[i].name, recipe->needs[i].optional, err);
	for (size_t i = 0; rc == 0 && i < recipe->link_count; i++)
		rc = closure_add_link(closure, recipe->links[i].name, recipe->links[i].target, err);
	return rc == 0 ? closure_add_data(closure, recipe, err) : rc;
}

int closure_add_recipe(
	struct closure *closure, const char *word, bool optional, bool *ret_found, struct err *err)
{
	struct known_recipe *known = NULL;
	int rc = find(closure, names_base(word), &known, err);

	if (rc == -ENOENT)
		return 0;
	if (rc != 0)
		return rc;
	*ret_found = true;
	rc = add_programs(closure, known->recipe, word, optional, err);
	if (rc < 0 || known->used || is_absent(closure, known->recipe))
		return rc;
	known->used = true; /* before what it needs, which may need it */
	return add_rest(closure, known->recipe, err);
}

static bool is_program(const struct closure *closure, const char *path)
{
	size_t directory = (size_t)(names_base(path) - path);
	struct stat st;
	bool bin = (directory >= 5 && memcmp(path + directory - 5, "/bin/", 5) == 0) ||
		   (directory >= 6 && memcmp(path + directory - 6, "/sbin/", 6) == 0);

	return bin && root_stat(closure->sources.root, path, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mode & 0111;
}

int closure_add_package(struct closure *closure, struct packages *packages, const char *name, struct err *err)
{
	cleanup_names struct names files = {0};
	size_t programs = 0;
	int rc = packages_files(packages, name, &files, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < files.count; i++) {
		if (!is_program(closure, files.item[i]))
			continue;
		programs++;
		rc = closure_add(closure, files.item[i], false, err);
	}
	if (rc == 0 && programs == 0)
		rc = err_set(err, ENOENT, "it has no executables: name the package that has them");
	return rc < 0 ? err_prefix(err, "package %s", name) : 0;
}
