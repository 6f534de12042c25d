/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_database.h"

#include "util.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

char *text_line(char **cursor, char *end)
{
	char *line = *cursor, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	*cursor = stop ? stop + 1 : end;
	stop = stop ?: end;
	*stop = '\0';
	if (strlen(line) != (size_t)(stop - line))
		*line = '\0';
	return line;
}

bool text_is_path(const char *path)
{
	if (path[0] != '/' || strnlen(path, PATH_MAX) == PATH_MAX)
		return false;
	while (*path) {
		size_t length = strcspn(++path, "/");

		if (length == 0 || (length == 1 && path[0] == '.') ||
			(length == 2 && memcmp(path, "..", 2) == 0))
			return false;
		path += length;
	}
	return true;
}

/* The value where LINE is the field KEY ("Package:"); blanks around it do not count. */
static const char *value_of(char *line, const char *key)
{
	size_t length = strlen(key), end = strlen(line);

	if (strncmp(line, key, length) != 0)
		return NULL;
	while (end > length && strchr(" \t\r", line[end - 1]))
		line[--end] = '\0';
	return line + length + strspn(line + length, " \t");
}

/* The third word of "install ok installed". Leftovers of a package that was removed are no files of it. */
static bool is_present(const char *status)
{
	static const char *const absent[] = {"not-installed", "config-files"};
	const char *state = strrchr(status, ' ');

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (strcmp(state ? state + 1 : status, absent[i]) == 0)
			return false;
	return true;
}

static void take_field(char *line, struct dpkg_paragraph *paragraph)
{
	const char *value;

	if ((value = value_of(line, "Package:")))
		paragraph->name = value;
	else if ((value = value_of(line, "Version:")))
		paragraph->version = value;
	else if ((value = value_of(line, "Architecture:")))
		paragraph->architecture = value;
	else if ((value = value_of(line, "Multi-Arch:")))
		paragraph->same = strcmp(value, "same") == 0;
	else if ((value = value_of(line, "Status:")))
		paragraph->present = is_present(value);
}

bool dpkg_next(char **cursor, char *end, struct dpkg_paragraph *ret)
{
	struct dpkg_paragraph paragraph = {.present = true};
	bool any = false;
	char *line;

	while ((line = text_line(cursor, end))) {
		if (line[0] == '\0' && any)
			break;
		any = any || line[0];
		take_field(line, &paragraph);
	}
	if (any)
		*ret = paragraph;
	return any;
}

/* "0123456789abcdef0123456789abcdef  usr/bin/x", also with "./" or "/" before: the sum becomes room for the "/". */
static char *after_sum(char *line)
{
	enum { SUM = 32 };

	if (strspn(line, "0123456789abcdef") != SUM || line[SUM] != ' ' || !line[SUM + 1])
		return NULL;
	line += SUM + 2;
	if (line[0] == '.' && line[1] == '/')
		return line + 1;
	if (line[0] != '/')
		*--line = '/';
	return line;
}

const char *dpkg_path(char *line)
{
	char *path = line[0] == '/' ? line : after_sum(line);

	return path && text_is_path(path) ? path : NULL;
}

static const char *apk_path(struct apk_reader *reader, const char *name)
{
	const char *directory = reader->directory ?: "";
	int length = snprintf(
		reader->path, sizeof(reader->path), "%s%s/%s", directory[0] ? "/" : "", directory, name);

	return (size_t)length < sizeof(reader->path) && text_is_path(reader->path) ? reader->path : NULL;
}

bool apk_next(char **cursor, char *end, struct apk_reader *reader, const char **ret_path)
{
	char *line;

	while ((line = text_line(cursor, end))) {
		const char *value = line + 2, *path;

		if (line[0] == '\0')
			reader->name = reader->version = reader->directory = NULL;
		if (line[0] == '\0' || line[1] != ':')
			continue;
		if (line[0] == 'V')
			reader->version = value;
		if (line[0] == 'F')
			reader->directory = value;
		if (line[0] == 'P') {
			reader->name = value;
			*ret_path = NULL;
			return true;
		}
		path = line[0] == 'R' && reader->name ? apk_path(reader, value) : NULL;
		if (path) {
			*ret_path = path;
			return true;
		}
	}
	return false;
}
