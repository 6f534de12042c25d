/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of package databases: dpkg's status, its lists of files, and apk's database. Every text lies in the buffer. */
#include "fuzz.h"
#include "packages_database.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/dpkg",
	NULL,
};

struct buffer {
	char *text, *cursor, *end;
};

static struct buffer buffer_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return (struct buffer){text, text, text + size};
}

static void check(const struct buffer *buffer, const char *text)
{
	if (text &&
		(text < buffer->text || text > buffer->end || strlen(text) > (size_t)(buffer->end - text)))
		abort();
}

static void check_path(const char *path)
{
	if (path && (path[0] != '/' || strstr(path, "/../") || strstr(path, "//") || strlen(path) >= 4096))
		abort();
}

static void read_status(const uint8_t *data, size_t size)
{
	struct buffer buffer = buffer_of(data, size);
	struct dpkg_paragraph package;

	while (dpkg_next(&buffer.cursor, buffer.end, &package)) {
		check(&buffer, package.name);
		check(&buffer, package.version);
		check(&buffer, package.architecture);
	}
	check(&buffer, buffer.cursor);
	free(buffer.text);
}

static void read_list(const uint8_t *data, size_t size)
{
	struct buffer buffer = buffer_of(data, size);
	char *line;

	while ((line = text_line(&buffer.cursor, buffer.end))) {
		const char *path = dpkg_path(line);

		check(&buffer, line);
		check(&buffer, path);
		check_path(path);
	}
	check(&buffer, buffer.cursor);
	free(buffer.text);
}

static void read_apk(const uint8_t *data, size_t size)
{
	struct buffer buffer = buffer_of(data, size);
	struct apk_reader reader = {0};
	const char *path;

	while (apk_next(&buffer.cursor, buffer.end, &reader, &path)) {
		if (!reader.name)
			abort();
		check(&buffer, reader.name);
		check(&buffer, reader.version);
		check_path(path);
	}
	free(buffer.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_status(data, size);
	read_list(data, size);
	read_apk(data, size);
	return 0;
}
