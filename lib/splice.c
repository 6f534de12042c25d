/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "splice.h"

#include "err.h"
#include "util.h"

#include <string.h>

int splice_add(struct splices *splices, size_t start, size_t end, char *text, struct err *err)
{
	size_t i = splices->count;

	if (!text)
		return err_errno(err, ENOMEM, "change a text");
	if (i == SPLICES_LIMIT) {
		free(text);
		return err_set(err, E2BIG, "more than %d places of a text to change", SPLICES_LIMIT);
	}
	for (; i > 0 && splices->list[i - 1].start > start; i--)
		splices->list[i] = splices->list[i - 1];
	splices->list[i] = (struct splice){.start = start, .end = end, .text = text};
	splices->count++;
	return 0;
}

bool splice_is_at(const struct splices *splices, size_t start)
{
	for (size_t i = 0; i < splices->count; i++)
		if (splices->list[i].start == start)
			return true;
	return false;
}

static char *put(char *to, const char *from, size_t length)
{
	memcpy(to, from, length);
	return to + length;
}

int splice_join(const struct splices *splices, const char *text, size_t length, char **ret,
	size_t *ret_length, struct err *err)
{
	size_t more = 0, from = 0;
	char *joined, *to;

	for (size_t i = 0; i < splices->count; i++)
		more += strlen(splices->list[i].text);
	to = joined = malloc(length + more + 1);
	if (!joined)
		return err_errno(err, ENOMEM, "change a text");
	for (size_t i = 0; i < splices->count; i++) {
		const struct splice *splice = &splices->list[i];

		to = put(to, text + from, splice->start - from);
		to = put(to, splice->text, strlen(splice->text));
		from = splice->end;
	}
	to = put(to, text + from, length - from);
	*to = '\0';
	*ret = joined;
	*ret_length = (size_t)(to - joined);
	return 0;
}

void splice_release(struct splices *splices)
{
	for (size_t i = 0; i < splices->count; i++)
		free(splices->list[i].text);
	splices->count = 0;
}
