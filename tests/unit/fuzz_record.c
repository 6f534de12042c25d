/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of container "c1". What is taken comes out the same when it is written and read again. */
#include "err.h"
#include "fuzz.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/record",
	NULL,
};

/* Written, it is a record; and that one is written the same. */
static void check_round_trip(const struct record *record)
{
	struct record again = RECORD_NONE;
	struct err err = {0};
	char *text = NULL, *same = NULL;
	size_t length = 0;

	if (record_format(record, &text, &length, &err) < 0 ||
		record_parse(text, length, "c1", &again, &err) < 0 || again.pid != record->pid ||
		again.start_time != record->start_time || again.creator != record->creator ||
		record_format(&again, &same, NULL, &err) < 0 || strcmp(text, same) != 0)
		abort();
	record_release(&again);
	free(text);
	free(same);
}

/* The least of JSON is read by record_scan, the rest by a parser of JSON: a key that only the latter takes must not change anything. */
static void check_ways(const uint8_t *data, size_t size, const struct record *record, int rc)
{
	static const char key[] = "{\"later\": {},";
	struct record again = RECORD_NONE;
	char *text = malloc(size + sizeof(key)), *one = NULL, *other = NULL;
	size_t start = 0;
	int again_rc;

	while (start < size && data[start] != '{')
		start++;
	if (!text || start == size) {
		free(text);
		return;
	}
	memcpy(text, data, start);
	memcpy(text + start, key, strlen(key));
	memcpy(text + start + strlen(key), data + start + 1, size - start - 1);
	again_rc = record_parse(text, size + strlen(key) - 1, "c1", &again, ERR_IGNORED);
	if (rc == 0 &&
		(again_rc < 0 || record_format(record, &one, NULL, ERR_IGNORED) < 0 ||
			record_format(&again, &other, NULL, ERR_IGNORED) < 0 || strcmp(one, other) != 0))
		abort();
	record_release(&again);
	free(text);
	free(one);
	free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record = RECORD_NONE;
	struct err err = {0};
	int rc = record_parse((const char *)data, size, "c1", &record, &err);

	if (rc < 0 ? (err.number != -rc || !err.text[0] || record.memory)
		   : (strcmp(record.id, "c1") != 0 || (record.pid <= 0 && record.creator <= 0)))
		abort();
	if (rc == 0)
		check_round_trip(&record);
	check_ways(data, size, &record, rc);
	record_release(&record);
	return 0;
}
