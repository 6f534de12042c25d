/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is added when all tools are known, and what is said of the whole. */
#include "applets.h"
#include "closure_parts.h"
#include "err.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * What glibc opens by itself: name services, in libc.so.6 since 2.34 and files of their own before,
 * and the unwinder, without which a thread that is cancelled aborts the program.
 */
static int add_opened(struct closure *closure, struct err *err)
{
	static const char *const opened[] = {"libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2"};
	const struct object *libc = objects_find(&closure->libraries, "libc.so.6");
	int rc = 0;

	for (size_t i = 0; libc && rc == 0 && i < ARRAY_SIZE(opened); i++) {
		rc = closure_add_library(closure, libc, opened[i], true, err);
		if (rc == -ENOENT)
			rc = 0;
	}
	return rc;
}

static bool has_command(const struct closure *closure, const char *name)
{
	return closure_tool(closure, name) || closure_find_link(closure, "bin", name);
}

static int add_applets(struct closure *closure, struct err *err)
{
	const struct object *busybox = closure_tool(closure, "busybox");
	cleanup_names struct names applets = {0};
	int rc = busybox ? applets_list(closure->sources.root, busybox->source, closure->sources.cancel,
				   &applets, err)
			 : 0;

	if (rc < 0)
		return err_prefix(err, "busybox");
	for (size_t i = 0; rc == 0 && i < applets.count; i++) {
		cleanup_free char *link = util_printf("bin/%s", applets.item[i]);

		if (!link)
			return err_errno(err, ENOMEM, "applets");
		if (!has_command(closure, applets.item[i]))
			rc = closure_add_link(closure, link, "busybox", err);
	}
	return rc;
}

static int add_shell(struct closure *closure, struct err *err)
{
	cleanup_free char *path = NULL;
	int rc;

	if (has_command(closure, "sh"))
		return 0;
	if (closure_tool(closure, "bash"))
		return closure_add_link(closure, "bin/sh", "bash", err);
	if (!closure->wants_sh)
		return 0;
	rc = closure_find_program(closure, "sh", &path, err);
	if (rc == -ENOENT)
		return closure_add_missing(closure, "sh", err);
	return rc == 0 ? closure_add_program(closure, path, "sh", NULL, err) : rc;
}

/* libc.so.6 of Fedora and its kin looks for conversions in a directory whose name has no room for a longer path (seal.c). */
static int add_short_names(struct closure *closure, struct err *err)
{
	for (size_t i = 0; i < closure->plugins.count; i++)
		if (strncmp(closure->plugins.item[i]->place, "lib/gconv/", 10) == 0)
			return closure_add_link(closure, "g", "lib/gconv", err);
	return 0;
}

static int refuse_missing(const struct closure *closure, struct err *err)
{
	const struct names *missing = &closure->missing;
	char list[512];
	size_t used = 0;

	if (missing->count == 0)
		return 0;
	for (size_t i = 0; i < missing->count && used < sizeof(list); i++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%s", i ? ", " : "", missing->item[i]);
	return err_set(err, ENOENT, "%s: not found on PATH: install %s", list,
		missing->count == 1 ? "it or give its path" : "them or give their paths");
}

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct link *)left)->name, ((const struct link *)right)->name);
}

static int by_place(const void *left, const void *right)
{
	return strcmp(((const struct file *)left)->place, ((const struct file *)right)->place);
}

/* The same file, brought to one place by two recipes, is there once. */
static int check_conflict(
	const char *place, const char *last_place, const char *hash, const char *last_hash, struct err *err)
{
	if (strcmp(place, last_place) != 0 || strcmp(hash, last_hash) == 0)
		return 0;
	return err_set(err, EEXIST, "two different files are to be %s: build two trees", place);
}

static int unite_files(struct files *files, struct err *err)
{
	size_t kept = 0;

	if (files->count)
		qsort(files->item, files->count, sizeof(struct file), by_place);
	for (size_t i = 1; i < files->count; i++) {
		const struct file *last = &files->item[i - 1], *file = &files->item[i];

		if (check_conflict(file->place, last->place, file->hash, last->hash, err) < 0)
			return -err->number;
	}
	for (size_t i = 0; i < files->count; i++) {
		struct file *file = &files->item[i];

		if (kept && strcmp(files->item[kept - 1].place, file->place) == 0) {
			free_keep_errno(&file->place);
			free_keep_errno(&file->source);
		} else {
			files->item[kept++] = *file;
		}
	}
	files->count = kept;
	return 0;
}

static int unite_plugins(struct objects *plugins, struct err *err)
{
	size_t kept = 0;

	objects_sort(plugins);
	for (size_t i = 1; i < plugins->count; i++) {
		const struct object *last = plugins->item[i - 1], *plugin = plugins->item[i];

		if (check_conflict(plugin->place, last->place, plugin->hash, last->hash, err) < 0)
			return -err->number;
	}
	for (size_t i = 0; i < plugins->count; i++) {
		if (kept && strcmp(plugins->item[kept - 1]->place, plugins->item[i]->place) == 0)
			object_free(&plugins->item[i]);
		else
			plugins->item[kept++] = plugins->item[i];
	}
	plugins->count = kept;
	return 0;
}

int closure_finish(struct closure *closure, struct err *err)
{
	int rc = add_applets(closure, err);

	if (rc == 0)
		rc = add_shell(closure, err);
	if (rc == 0)
		rc = refuse_missing(closure, err);
	if (rc == 0)
		rc = add_opened(closure, err);
	if (rc == 0)
		rc = add_short_names(closure, err);
	if (rc < 0)
		return rc;
	if (!closure->arch)
		closure->arch = elf_native();
	objects_sort(&closure->tools);
	objects_sort(&closure->libraries);
	if (closure->links.count)
		qsort(closure->links.item, closure->links.count, sizeof(struct link), by_name);
	rc = unite_files(&closure->files, err);
	return rc == 0 ? unite_plugins(&closure->plugins, err) : rc;
}
