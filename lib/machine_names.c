/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine_names.h"

#include "util.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What is behind the PREFIX and before the SUFFIX of TEXT. */
static bool take_between(const char *text, const char *prefix, const char *suffix, char *ret, size_t size)
{
	size_t length = strlen(text), before = strlen(prefix), behind = strlen(suffix);

	if (length <= before + behind || length - before - behind >= size ||
		strncmp(text, prefix, before) != 0 || strcmp(text + length - behind, suffix) != 0)
		return false;
	memcpy(ret, text + before, length - before - behind);
	ret[length - before - behind] = '\0';
	return true;
}

bool machine_of_lxc(const char *group, char ret[MACHINE_NAME_SIZE])
{
	return take_between(group, "lxc.payload.", "", ret, MACHINE_NAME_SIZE);
}

static int hex_digit(char digit)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = digit ? strchr(digits, digit) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* "\x2d" is '-'; a '-' itself stands for '/', which is in no name of a machine. In place. */
static bool unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (*text == '\\') {
			int high = text[1] == 'x' ? hex_digit(text[2]) : -1;
			int low = high >= 0 ? hex_digit(text[3]) : -1;

			if (low < 0 || high * 16 + low == 0)
				return false;
			*out++ = (char)(high * 16 + low);
			text += 3;
		} else if (*text == '-') {
			return false;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return true;
}

bool machine_of_unit(const char *unit, char ret[MACHINE_NAME_SIZE])
{
	char name[MACHINE_NAME_SIZE];

	/* An instance is escaped by whoever writes it: a person at a shell leaves '-' as it is. */
	if (take_between(unit, "systemd-nspawn@", ".service", name, sizeof(name))) {
		memcpy(ret, name, sizeof(name));
		return strchr(name, '\\') == NULL || unescape(ret);
	}
	if (!take_between(unit, "machine-", ".scope", name, sizeof(name)) || !unescape(name))
		return false;
	memcpy(ret, name, sizeof(name));
	return true;
}

/* The value of KEY in lines KEY=VALUE, up to its end; false: it is not there, or has no room. */
static bool take_line(const char *text, size_t length, const char *key, char *ret, size_t size)
{
	const char *line = text, *end = text + length;
	size_t key_length = strlen(key);

	while (line < end) {
		const char *close = memchr(line, '\n', (size_t)(end - line));
		size_t line_length = (size_t)((close ? close : end) - line);

		if (line_length > key_length && memcmp(line, key, key_length) == 0 &&
			line[key_length] == '=') {
			size_t value = line_length - key_length - 1;

			if (value >= size || memchr(line, '\0', line_length))
				return false;
			memcpy(ret, line + key_length + 1, value);
			ret[value] = '\0';
			return true;
		}
		line += line_length + 1;
	}
	return false;
}

bool machine_parse(const char *text, size_t length, struct machine_file *ret)
{
	struct machine_file file = {0};
	char leader[16], service[64];
	uint64_t pid;

	if (!take_line(text, length, "LEADER", leader, sizeof(leader)) ||
		!util_number(leader, 2, INT_MAX, &pid))
		return false;
	file.leader = (pid_t)pid;
	if (!take_line(text, length, "SCOPE", file.unit, sizeof(file.unit)))
		file.unit[0] = '\0';
	file.nspawn = take_line(text, length, "SERVICE", service, sizeof(service)) &&
		      (strcmp(service, "systemd-nspawn") == 0 || strcmp(service, "nspawn") == 0);
	*ret = file;
	return true;
}

bool machine_is_member(const char *membership, const char *unit)
{
	size_t length = strlen(unit);

	for (const char *found = strstr(membership, unit); found && length; found = strstr(found + 1, unit))
		if (found > membership && found[-1] == '/' &&
			(found[length] == '/' || found[length] == '\n' || found[length] == '\0'))
			return true;
	return false;
}
