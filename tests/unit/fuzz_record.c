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
	record_release(&record);
	return 0;
}
