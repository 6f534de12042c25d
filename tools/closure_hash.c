/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a closure as a whole: who packed what is in it, and its hash. */
#include "closure.h"
#include "err.h"
#include "packages.h"
#include "recipe.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int closure_name_packages(struct closure *closure, struct packages *packages, struct err *err)
{
	struct objects *const lists[] = {&closure->tools, &closure->libraries};
	size_t count = closure->tools.count + closure->libraries.count, next = 0;
	cleanup_free const char **paths = calloc(count + 1, sizeof(*paths));
	cleanup_free struct package *owners = calloc(count + 1, sizeof(*owners));
	int rc;

	if (!paths || !owners)
		return err_errno(err, ENOMEM, "packages");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->count; j++)
			paths[next++] = lists[i]->item[j]->source;
	rc = packages_owners(packages, paths, count, owners, err);
	next = 0;
	for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->count; j++, next++) {
			lists[i]->item[j]->package = owners[next].name;
			lists[i]->item[j]->package_version = owners[next].version;
		}
	return rc;
}

/* With its length before it, so that no text can be taken for two. */
static void hash_text(FILE *stream, const char *text)
{
	fprintf(stream, " %zu %s", text ? strlen(text) : 0, text ?: "-");
}

static void hash_texts(FILE *stream, const char *kind, const char *const *texts, size_t count)
{
	fputs(kind, stream);
	for (size_t i = 0; i < count; i++)
		hash_text(stream, texts[i]);
	fputc('\n', stream);
}

static void hash_objects(FILE *text, const struct objects *objects)
{
	for (size_t i = 0; i < objects->count; i++) {
		const struct object *object = objects->item[i];

		const char *const texts[] = {object->place, object->hash, object->source, object->package,
			object->package_version, object->shebang};

		hash_texts(text, "object", texts, ARRAY_SIZE(texts));
	}
}

static void hash_names(FILE *text, const char *kind, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		hash_texts(text, kind, (const char *const *)&names->item[i], 1);
}

/* What of a recipe is not in the files that it brings. */
static void hash_recipe(FILE *text, const struct recipe *recipe)
{
	hash_texts(text, recipe->launcher ? "recipe with a launcher" : "recipe",
		(const char *const[]){recipe->name}, 1);
	hash_names(text, "argument", &recipe->arguments);
	hash_names(text, "environment", &recipe->environment);
	for (size_t i = 0; i < recipe->replace_count; i++) {
		const struct recipe_replace *replace = &recipe->replaces[i];

		hash_texts(
			text, "replace", (const char *const[]){replace->file, replace->from, replace->to}, 3);
	}
	for (size_t i = 0; i < recipe->test_count; i++) {
		const struct recipe_test *test = &recipe->tests[i];

		hash_texts(text, "test", (const char *const[]){test->program, test->output}, 2);
		hash_names(text, "word", &test->arguments);
	}
}

int closure_hash(const struct closure *closure, char ret[HASH_TEXT], struct err *err)
{
	cleanup_free char *content = NULL;
	size_t length = 0;
	FILE *text = open_memstream(&content, &length);

	if (!text)
		return err_errno(err, errno, "hash what is packed");
	fprintf(text, "dbg-tools %s\n", PACKAGE_VERSION);
	hash_objects(text, &closure->tools);
	hash_objects(text, &closure->libraries);
	hash_objects(text, &closure->plugins);
	for (size_t i = 0; i < closure->files.count; i++) {
		const struct file *file = &closure->files.item[i];

		hash_texts(text, file->stat.st_mode & 0111 ? "program" : "file",
			(const char *const[]){file->place, file->hash}, 2);
	}
	for (size_t i = 0; i < closure->links.count; i++) {
		const struct link *link = &closure->links.item[i];

		hash_texts(text, "link", (const char *const[]){link->name, link->target}, 2);
	}
	for (size_t i = 0; i < closure->recipe_count; i++)
		if (closure->recipes[i].used)
			hash_recipe(text, closure->recipes[i].recipe);
	if (fclose(text) != 0)
		return err_errno(err, errno, "hash what is packed");
	hash_memory(content, length, ret);
	return 0;
}
