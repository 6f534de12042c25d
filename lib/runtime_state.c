/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime_state.h"

#include "json.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* runc keeps the bundle among its labels: "bundle=/path". */
static const char *bundle_of(const struct json *document)
{
	const char *bundle = json_string(json_get(document, "bundle"));
	const struct json *label = json_first(json_get(json_get(document, "config"), "labels"));

	for (; label && !bundle; label = json_next(label)) {
		const char *text = json_string(label);

		if (text && strncmp(text, "bundle=", 7) == 0)
			bundle = text + 7;
	}
	return bundle && bundle[0] == '/' ? bundle : NULL;
}

int runtime_state_parse(const char *text, size_t length, const char *id, struct record *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	const char *owner;
	int64_t pid = 0, start_time = 0;
	struct record draft = {.id = id, .engine = "unknown", .foreign = true};

	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "the runtime's state of %s", id);
	owner = json_string(json_get(document, "id")); /* runc alone has it */
	if (owner && strcmp(owner, id) != 0)
		return err_set(err, EINVAL, "the runtime's state of %s is not about this container", id);
	if ((!json_number(json_get(document, "pid"), &pid) &&
		    !json_number(json_get(document, "init_process_pid"), &pid)) ||
		(!json_number(json_get(document, "process-start-time"), &start_time) &&
			!json_number(json_get(document, "init_process_start"), &start_time)) ||
		pid <= 0 || pid > INT_MAX || start_time <= 0)
		return err_set(err, EINVAL, "the runtime's state of %s names no process", id);
	draft.pid = (pid_t)pid;
	draft.start_time = (uint64_t)start_time;
	draft.bundle = bundle_of(document);
	return record_copy(&draft, ret, err);
}
