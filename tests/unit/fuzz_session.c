/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file of a session: what is taken names a container, and processes that can be looked for. */
#include "fuzz.h"
#include "json.h"
#include "session.h"

#include <stdlib.h>

const char *const fuzz_corpus[] = {"tests/unit/corpus/session", NULL};

static bool is_mark(const struct mark *mark)
{
	return !mark->slack || (mark->slack > MARK_BASE && mark->pid && mark->mount);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session session = {0};

	if (!session_parse((const char *)data, size, &session)) {
		if (session.document || session.container)
			abort();
		return 0;
	}
	if (!session.document || !session.container || session.pid <= 0 || !session.start_time)
		abort();
	if (session.caller < 0 || !session.caller != !session.caller_start_time || !is_mark(&session.mark))
		abort();
	json_free(session.document);
	return 0;
}
