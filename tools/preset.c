/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "recipe.h"
#include "recipe_file.h"
#include "recipe_path.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DIRECTORY "presets"

struct reader {
	const char *directories;
	struct recipe_name *names;
	size_t count;
	struct names open; /* the presets that are being read: each is included by the one before it */
	struct names done;
	struct err *err;
};

static int read_preset(struct reader *reader, const char *name);

/* Takes the last one away if it is there already. */
static void merge_last(struct reader *reader)
{
	struct recipe_name *last = &reader->names[reader->count - 1];

	for (struct recipe_name *name = reader->names; name < last; name++) {
		if (strcmp(name->name, last->name) != 0)
			continue;
		name->optional = name->optional && last->optional;
		free_keep_errno(&last->name);
		reader->count--;
		return;
	}
}

static int take_word(struct reader *reader, const char *word, const char *where)
{
	struct recipe_name *name;

	if (reader->count == RECIPE_ENTRY_LIMIT)
		return err_set(reader->err, E2BIG, "%s: more than %d names", where, RECIPE_ENTRY_LIMIT);
	name = recipe_append(&reader->names, &reader->count, sizeof(*name));
	if (!name || recipe_name_set(name, word) < 0)
		return err_errno(reader->err, ENOMEM, "%s", where);
	if (!names_is_plain(name->name) && !recipe_path_is_absolute(name->name))
		return err_set(reader->err, EINVAL, "%s: neither a plain name nor an absolute path: %s",
			where, word);
	merge_last(reader);
	return 0;
}

static int take_line(struct reader *reader, char *line, const char *where)
{
	char *word = recipe_trim(line);

	if (*word == '\0' || *word == '#')
		return 0;
	if (strpbrk(word, " \t"))
		return err_set(reader->err, EINVAL, "%s: more than one name: %s", where, word);
	if (*word != '@')
		return take_word(reader, word, where);
	if (read_preset(reader, word + 1) < 0)
		return err_prefix(reader->err, "%s", where);
	return 0;
}

static int take_text(struct reader *reader, char *text, const char *file)
{
	unsigned int number = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		cleanup_free char *where = util_printf("%s:%u", file, ++number);
		int rc = where ? take_line(reader, line, where) : err_errno(reader->err, ENOMEM, "%s", file);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Returns -ENOENT. */
static int there_is_none(const struct reader *reader, const char *name)
{
	cleanup_names struct names all = {0};
	char text[512] = "";
	size_t used = 0;

	(void)recipe_file_list(reader->directories, DIRECTORY, "", &all, ERR_IGNORED);
	for (size_t i = 0; i < all.count && used < sizeof(text); i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", i ? ", " : "; there are ", all.item[i]);
	return err_set(reader->err, ENOENT, "there is no preset %s%s", name, text);
}

static int read_text(struct reader *reader, const char *name)
{
	cleanup_recipe_file struct recipe_file file = RECIPE_FILE_NONE;
	cleanup_free char *path = util_printf(DIRECTORY "/%s", name);
	struct err err = {0};
	int rc;

	if (!path)
		return err_errno(reader->err, ENOMEM, "%s", name);
	rc = names_is_plain(name) ? recipe_file_read(reader->directories, path, &file, &err) : -ENOENT;
	if (rc == -ENOENT && !err.number)
		return there_is_none(reader, name);
	if (rc < 0)
		return err_set(reader->err, err.number, "%s", err.text);
	return take_text(reader, file.text, file.path);
}

static int read_preset(struct reader *reader, const char *name)
{
	int rc;

	if (names_has(&reader->open, name))
		return err_set(reader->err, ELOOP, "the preset %s includes itself", name);
	if (names_has(&reader->done, name))
		return 0;
	if (names_add(&reader->open, name) < 0)
		return err_errno(reader->err, ENOMEM, "%s", name);
	rc = read_text(reader, name);
	if (rc < 0)
		return rc;
	free(reader->open.item[--reader->open.count]);
	return names_add(&reader->done, name) < 0 ? err_errno(reader->err, ENOMEM, "%s", name) : 0;
}

int preset_read(const char *directories, const char *name, struct recipe_name **ret, size_t *ret_count,
	struct err *err)
{
	struct reader reader = {.directories = directories, .err = err};
	int rc = read_preset(&reader, name);

	names_free(&reader.open);
	names_free(&reader.done);
	if (rc < 0) {
		preset_free(reader.names, reader.count);
		return rc;
	}
	*ret = reader.names;
	*ret_count = reader.count;
	return 0;
}

void preset_free(struct recipe_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_keep_errno(&names[i].name);
	free_keep_errno(&names);
}
