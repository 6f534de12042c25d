/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manifest.h"

#include "closure.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "shim.h"
#include "util.h"

#include <string.h>

#define FORMAT "oci-crashcart tools tree"
enum { SIZE_LIMIT = 16 * 1024 * 1024 };

/* SHIM: also the library that is not of this host. */
static void write_objects(
	struct json_writer *writer, const char *key, const struct objects *objects, bool tools, bool shim)
{
	json_write_array(writer, key);
	for (size_t i = 0; i < objects->count; i++) {
		const struct object *object = objects->item[i];

		json_write_object(writer, NULL);
		json_write_string(writer, "name", object->name);
		json_write_string(writer, "source", object->source);
		if (tools)
			json_write_string(writer, "linked", object_is_static(object) ? "static" : "dynamic");
		json_write_end(writer);
	}
	if (shim) {
		json_write_object(writer, NULL);
		json_write_string(writer, "name", SHIM_NAME);
		json_write_string(writer, "source", NULL);
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

int manifest_write(const struct closure *closure, char **ret_text, size_t *ret_length, struct err *err)
{
	struct json_writer *writer = json_writer_new(true);

	json_write_object(writer, NULL);
	json_write_string(writer, "format", FORMAT);
	json_write_number(writer, "version", MANIFEST_VERSION);
	json_write_string(writer, "architecture", closure->arch->name);
	json_write_string(writer, "loader", closure->loader);
	write_objects(writer, "tools", &closure->tools, true, false);
	write_objects(writer, "libraries", &closure->libraries, false, closure->shim);
	write_links(writer, &closure->links);
	json_write_end(writer);
	if (json_writer_finish(writer, ret_text, ret_length, err) < 0)
		return err_prefix(err, MANIFEST_NAME);
	return 0;
}

bool manifest_is_ours(int dirfd)
{
	cleanup_free char *text = NULL;
	cleanup_json struct json *json = NULL;
	struct err ignored;
	const char *format;
	size_t length;

	if (io_read_file(dirfd, MANIFEST_NAME, SIZE_LIMIT, &text, &length, &ignored) < 0 ||
		json_parse(text, length, &json, &ignored) < 0)
		return false;
	format = json_string(json_get(json, "format"));
	return format && strcmp(format, FORMAT) == 0;
}
