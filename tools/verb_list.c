/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "json.h"
#include "manifest_read.h"
#include "message.h"
#include "options.h"
#include "table.h"
#include "util.h"
#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "bin/ls" with the target "busybox" serves busybox. */
static bool is_link_to(const struct manifest_link *link, const char *tool)
{
	return strncmp(link->name, "bin/", 4) == 0 && strcmp(link->target, tool) == 0;
}

static size_t count_links(const struct manifest *manifest, const char *tool)
{
	size_t count = 0;

	for (size_t i = 0; i < manifest->link_count; i++)
		count += is_link_to(&manifest->links[i], tool);
	return count;
}

static int print_tools(const struct manifest *manifest)
{
	struct table *table = table_new(5);

	table_add(table, (const char *const[]){"NAME", "LINKED", "PACKAGE", "VERSION", "LINKS"});
	for (size_t i = 0; i < manifest->tool_count; i++) {
		const struct manifest_object *tool = &manifest->tools[i];
		char links[32];

		snprintf(links, sizeof(links), "%zu", count_links(manifest, tool->name));
		table_add(table, (const char *const[]){tool->name, manifest_linked_name(tool->linked),
					 tool->package, tool->version, links});
	}
	return table_print(table);
}

static int print_files(const struct manifest *manifest)
{
	struct table *table = table_new(3);

	table_add(table, (const char *const[]){"FILE", "MODE", "SIZE"});
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		char size[32], mode[8];

		snprintf(size, sizeof(size), "%" PRIu64, file->size);
		snprintf(mode, sizeof(mode), "%04o", file->mode);
		table_add(table, (const char *const[]){file->path, mode, size});
	}
	return table_print(table);
}

static int print_all(const struct options *options, const struct manifest *manifest)
{
	int status = print_tools(manifest);

	if (!options->verbose || status != EXIT_SUCCESS)
		return status;
	status = say("\n");
	return status == EXIT_SUCCESS ? print_files(manifest) : status;
}

static void write_object(struct json_writer *writer, const struct manifest *manifest,
	const struct manifest_object *object, bool tool)
{
	json_write_object(writer, NULL);
	json_write_string(writer, "name", object->name);
	json_write_string(writer, "source", object->source);
	json_write_string(writer, "package", object->package);
	json_write_string(writer, "package-version", object->version);
	if (tool) {
		json_write_string(writer, "linked", manifest_linked_name(object->linked));
		json_write_number(writer, "tests", (int64_t)object->test_count);
		json_write_array(writer, "links");
		for (size_t i = 0; i < manifest->link_count; i++)
			if (is_link_to(&manifest->links[i], object->name))
				json_write_string(writer, NULL, manifest->links[i].name + strlen("bin/"));
		json_write_end(writer);
	}
	json_write_end(writer);
}

static void write_files(struct json_writer *writer, const struct manifest *manifest)
{
	json_write_array(writer, "files");
	for (size_t i = 0; i < manifest->file_count; i++) {
		json_write_object(writer, NULL);
		json_write_string(writer, "path", manifest->files[i].path);
		json_write_number(writer, "size", (int64_t)manifest->files[i].size);
		json_write_end(writer);
	}
	json_write_end(writer);
}

static int print_json(const struct options *options, const struct manifest *manifest)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_string(writer, "tree", options->words[0]);
	json_write_string(writer, "architecture", manifest->architecture);
	json_write_string(writer, "loader", manifest->loader);
	json_write_string(writer, "inputs", manifest->inputs);
	json_write_array(writer, "tools");
	for (size_t i = 0; i < manifest->tool_count; i++)
		write_object(writer, manifest, &manifest->tools[i], true);
	json_write_end(writer);
	json_write_array(writer, "libraries");
	for (size_t i = 0; i < manifest->library_count; i++)
		write_object(writer, manifest, &manifest->libraries[i], false);
	json_write_end(writer);
	if (options->verbose)
		write_files(writer, manifest);
	json_write_end(writer);
	return say_json(writer);
}

int verb_list(const struct options *options)
{
	const char *tree = options->words[0];
	cleanup_manifest struct manifest manifest = {0};
	struct err err = {0};
	cleanup_fd int fd = manifest_open_tree(tree, &err);

	if (fd >= 0 && manifest_read(fd, &manifest, &err) < 0)
		err_prefix(&err, "%s", tree);
	if (err.number) {
		complain("%s", err.text);
		return EXIT_FAILURE;
	}
	return options->json ? print_json(options, &manifest) : print_all(options, &manifest);
}
