/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include "names.h"
#include "util.h"

#include <errno.h>
#include <string.h>

static const char blanks[] = " \t";

/* Appends to *OUT what is between the quotes that begin at TEXT. Returns the place behind the second one; null: there is none. */
static const char *take_quoted(const char *text, char **out)
{
	char quote = *text++;

	for (; *text && *text != quote; text++) {
		if (quote == '"' && *text == '\\' && (text[1] == '"' || text[1] == '\\'))
			text++;
		*(*out)++ = *text;
	}
	return *text ? text + 1 : NULL;
}

/* Writes the word that begins at TEXT to OUT, with a NUL. Returns the place behind it, or null as above. */
static const char *take_word(const char *text, char *out)
{
	while (text && *text && !strchr(blanks, *text)) {
		if (*text == '"' || *text == '\'')
			text = take_quoted(text, &out);
		else
			*out++ = *text++;
	}
	*out = '\0';
	return text;
}

int words_split(const char *text, struct names *ret)
{
	cleanup_free char *word = malloc(strlen(text) + 1); /* none is longer than all of them */

	if (!word)
		return -ENOMEM;
	for (;;) {
		text += strspn(text, blanks);
		if (!*text)
			return 0;
		text = take_word(text, word);
		if (!text)
			return -EINVAL;
		if (names_add(ret, word) < 0)
			return -ENOMEM;
	}
}
