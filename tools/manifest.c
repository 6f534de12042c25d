/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest.h"

#include "closure.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "recipe.h"
#include "shim.h"
#include "tree_files.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void write_test(struct json_writer *writer, const struct recipe_test *test)
{
	json_write_object(writer, NULL);
	json_write_array(writer, "arguments");
	for (size_t i = 0; i < test->arguments.count; i++)
		json_write_string(writer, NULL, test->arguments.item[i]);
	json_write_end(writer);
	json_write_string(writer, "output", test->output);
	json_write_end(writer);
}

static void write_tests(struct json_writer *writer, const struct object *tool)
{
	const struct recipe *recipe = tool->recipe;

	json_write_array(writer, "tests");
	for (size_t i = 0; recipe && i < recipe->test_count; i++)
		if (strcmp(recipe->tests[i].program, tool->name) == 0)
			write_test(writer, &recipe->tests[i]);
	json_write_end(writer);
}

static const char *linked(const struct object *tool)
{
	if (object_is_script(tool))
		return "script";
	return object_is_static(tool) ? "static" : "dynamic";
}

static void write_object(struct json_writer *writer, const struct object *object, bool tool)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "name", object->name);
	json_write_string(writer, "source", object->source);
	json_write_string(writer, "package", object->package);
	json_write_string(writer, "package-version", object->package_version);
	if (tool) {
		json_write_string(writer, "linked", linked(object));
		write_tests(writer, object);
	}
	json_write_end(writer);
}

static void write_tools(struct json_writer *writer, const struct closure *closure)
{
	json_write_array(writer, "tools");
	for (size_t i = 0; i < closure->tools.count; i++)
		write_object(writer, closure->tools.item[i], true);
	json_write_end(writer);
}

/* The last one is not of this host. */
static void write_libraries(struct json_writer *writer, const struct closure *closure)
{
	json_write_array(writer, "libraries");
	for (size_t i = 0; i < closure->libraries.count; i++)
		write_object(writer, closure->libraries.item[i], false);
	if (closure->shim) {
		json_write_object(writer, NULL);
		json_write_string(writer, "name", SHIM_NAME);
		json_write_string(writer, "source", NULL);
		json_write_end(writer);
	}
	json_write_end(writer);
}

static void write_files(struct json_writer *writer, const struct tree_files *files)
{
	json_write_array(writer, "files");
	for (size_t i = 0; i < files->count; i++) {
		const struct tree_file *file = &files->item[i];
		char mode[8];

		snprintf(mode, sizeof(mode), "%04o", file->mode & 07777);
		json_write_object(writer, NULL);
		json_write_string(writer, "path", file->path);
		json_write_number(writer, "size", file->size);
		json_write_string(writer, "mode", mode);
		json_write_string(writer, "sha256", file->hash);
		json_write_end(writer);
	}
	json_write_end(writer);
}

static void write_links(struct json_writer *writer, const struct links *links)
{
	json_write_array(writer, "links");
	for (size_t i = 0; i < links->count; i++) {
		json_write_object(writer, NULL);
		json_write_string(writer, "name", links->item[i].name);
		json_write_string(writer, "target", links->item[i].target);
		json_write_end(writer);
	}
	json_write_end(writer);
}

int manifest_write(const struct closure *closure, const char *inputs, const struct tree_files *files,
	char **ret_text, size_t *ret_length, struct err *err)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_string(writer, "format", MANIFEST_FORMAT);
	json_write_number(writer, "version", MANIFEST_VERSION);
	json_write_string(writer, "architecture", closure->arch ? closure->arch->name : NULL);
	json_write_string(writer, "loader", closure->loader);
	json_write_string(writer, "inputs", inputs);
	write_tools(writer, closure);
	write_libraries(writer, closure);
	write_links(writer, &closure->links);
	write_files(writer, files);
	json_write_end(writer);
	if (json_writer_finish(writer, ret_text, ret_length, err) < 0)
		return err_prefix(err, MANIFEST_NAME);
	return 0;
}

/* Null: it has none of ours. */
static struct json *read_ours(int dirfd)
{
	cleanup_free char *text = NULL;
	cleanup_json struct json *json = NULL;
	const char *format;
	size_t length;

	if (io_read_file(dirfd, MANIFEST_NAME, MANIFEST_SIZE_LIMIT, &text, &length, ERR_IGNORED) < 0 ||
		json_parse(text, length, &json, ERR_IGNORED) < 0)
		return NULL;
	format = json_string(json_get(json, "format"));
	return format && strcmp(format, MANIFEST_FORMAT) == 0 ? TAKE_PTR(json) : NULL;
}

bool manifest_is_ours(int dirfd)
{
	cleanup_json struct json *json = read_ours(dirfd);

	return json;
}

static bool is_there(int dirfd, const struct json *file)
{
	const char *path = json_string(json_get(file, "path"));
	int64_t size = -1;
	struct stat st;

	return path && json_number(json_get(file, "size"), &size) &&
	       fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == size;
}

bool manifest_is_current(int dirfd, const char *inputs)
{
	cleanup_json struct json *json = read_ours(dirfd);
	const struct json *files = json ? json_get(json, "files") : NULL;
	const char *made_from = json ? json_string(json_get(json, "inputs")) : NULL;
	const struct json *file;

	if (!files || !made_from || strcmp(made_from, inputs) != 0)
		return false;
	for (file = json_first(files); file; file = json_next(file))
		if (!is_there(dirfd, file))
			return false;
	return true;
}
