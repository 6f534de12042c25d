/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mountinfo.h"

#include <stdio.h>
#include <string.h>

static bool is_octal(char digit)
{
	return digit >= '0' && digit <= '7';
}

/* The kernel writes blank, tab, newline and backslash as \ooo. In place. */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* NOLINTBEGIN(cert-err34-c): the kernel has written it */
static void optional_field(const char *field, struct mount_entry *entry)
{
	if (sscanf(field, "shared:%u", &entry->shared) != 1)
		(void)sscanf(field, "master:%u", &entry->master);
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static bool parse(char *line, struct mount_entry *ret)
{
	struct mount_entry entry = {0};
	char *fields[6], *field;

	for (size_t i = 0; i < 6; i++) {
		fields[i] = strsep(&line, " ");
		if (!line)
			return false;
	}
	if (sscanf(fields[0], "%d", &entry.id) != 1 || sscanf(fields[1], "%d", &entry.parent) != 1 ||
		sscanf(fields[2], "%u:%u", &entry.major, &entry.minor) != 2)
		return false;
	while ((field = strsep(&line, " ")) && strcmp(field, "-") != 0)
		optional_field(field, &entry);
	entry.type = line ? strsep(&line, " ") : NULL;
	field = line ? strsep(&line, " ") : NULL;
	if (!entry.type || !field)
		return false;
	entry.source = unescape(field);
	entry.root = unescape(fields[3]);
	entry.point = unescape(fields[4]);
	entry.options = fields[5];
	entry.super = line ? line : "";
	*ret = entry;
	return true;
}
/* NOLINTEND(cert-err34-c) */

bool mountinfo_next(char **cursor, struct mount_entry *ret)
{
	while (**cursor) {
		char *line = strsep(cursor, "\n");

		if (!*cursor)
			*cursor = line + strlen(line);
		if (parse(line, ret))
			return true;
	}
	return false;
}

bool mountinfo_find(char *table, unsigned long long id, struct mount_entry *ret)
{
	while (mountinfo_next(&table, ret))
		if ((unsigned long long)ret->id == id)
			return true;
	return false;
}

bool mountinfo_has_option(const char *options, const char *option)
{
	size_t length = strlen(option);

	for (const char *at = options; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, option, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	return false;
}
