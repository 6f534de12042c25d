/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diff.h"
#include "err.h"
#include "json.h"
#include "message.h"
#include "options.h"
#include "table.h"
#include "util.h"
#include "verbs.h"

/* As diff(1) has them. */
enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_TROUBLE = 2 };

static const char *const changes[] = {
	[DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed", [DIFF_CHANGED] = "changed"};

static const char *const kinds[] = {[DIFF_TREE] = "tree",
	[DIFF_TOOL] = "tool",
	[DIFF_LIBRARY] = "library",
	[DIFF_LINK] = "link",
	[DIFF_FILE] = "file"};

static int print_table(const struct diff *diff)
{
	struct table *table = table_new(4);

	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_item *item = &diff->item[i];

		table_add(table, (const char *const[]){
					 changes[item->change], kinds[item->kind], item->name, item->detail});
	}
	return table_print(table);
}

static int print_json(const struct options *options, const struct diff *diff)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_string(writer, "old", options->words[0]);
	json_write_string(writer, "new", options->words[1]);
	json_write_array(writer, "differences");
	for (size_t i = 0; i < diff->count; i++) {
		json_write_object(writer, NULL);
		json_write_string(writer, "change", changes[diff->item[i].change]);
		json_write_string(writer, "kind", kinds[diff->item[i].kind]);
		json_write_string(writer, "name", diff->item[i].name);
		json_write_string(writer, "detail", diff->item[i].detail);
		json_write_end(writer);
	}
	json_write_end(writer);
	json_write_end(writer);
	return say_json(writer);
}

static int read_tree(const char *tree, struct manifest *ret, struct err *err)
{
	cleanup_fd int fd = manifest_open_tree(tree, err);
	int rc = fd < 0 ? fd : manifest_read(fd, ret, err);

	if (fd >= 0 && rc == 0 && !ret->has_files)
		rc = manifest_too_old(err);
	return fd >= 0 && rc < 0 ? err_prefix(err, "%s", tree) : rc;
}

static int report(const struct options *options, const struct diff *diff)
{
	int status = EXIT_SUCCESS;

	if (options->json)
		status = print_json(options, diff);
	else if (!options->quiet)
		status = print_table(diff);
	if (status != EXIT_SUCCESS)
		return EXIT_TROUBLE;
	return diff->count ? EXIT_DIFFERENT : EXIT_SAME;
}

int verb_diff(const struct options *options)
{
	cleanup_manifest struct manifest old = {0}, new = {0};
	cleanup_diff struct diff diff = {0};
	struct err err = {0};
	int rc = read_tree(options->words[0], &old, &err);

	if (rc == 0)
		rc = read_tree(options->words[1], &new, &err);
	if (rc == 0)
		rc = diff_manifests(&old, &new, &diff, &err);
	if (rc == 0)
		return report(options, &diff);
	complain("%s", err.text);
	return EXIT_TROUBLE;
}
