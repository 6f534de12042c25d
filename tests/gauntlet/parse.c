/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A reader of JSON as it is written in an hour: all of the file in memory, and a call for each level. */
#include <stdio.h>
#include <stdlib.h>

static const char *value(const char *text)
{
	if (*text != '[')
		return text;
	text = value(text + 1);
	return *text == ']' ? text + 1 : text;
}

int main(void)
{
	size_t size = 1 << 20, used = 0, got;
	char *text = malloc(size + 1);

	while (text && (got = fread(text + used, 1, size - used, stdin)) > 0) {
		used += got;
		if (used == size)
			text = realloc(text, (size *= 2) + 1);
	}
	if (!text)
		return 9;
	text[used] = '\0';
	return *value(text) ? 1 : 0;
}
