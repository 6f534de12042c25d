/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "created.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "path.h"
#include "runtime_state.h"
#include "target.h"
#include "util.h"

#include <fcntl.h>

/* crun's and runc's. */
static const char *const files[] = {"state.json", "status"};

/*
 * The first process that the runtime's files name. -ENOENT: there is no state of this container; -EINVAL: there is, and it
 * tells nothing to us, as that of another runtime.
 */
static int find_process(const struct record *record, struct record *ret)
{
	cleanup_fd int directory = FD_NONE;

	if (!record->runtime_state)
		return -EINVAL;
	directory = open(record->runtime_state, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return errno == ENOENT ? -ENOENT : -EINVAL;
	if (path_check_trusted(directory, record->runtime_state, ERR_IGNORED) < 0)
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *text = NULL;
		size_t length;

		if (io_read_file(directory, files[i], RUNTIME_STATE_SIZE_LIMIT, &text, &length,
			    ERR_IGNORED) == 0 &&
			runtime_state_parse(text, length, record->id, ret, ERR_IGNORED) == 0)
			return 0;
	}
	return -EINVAL;
}

static bool is_gone(const struct record *record, const struct record *process)
{
	return target_is_gone(process->pid, process->start_time, record->pid_namespace);
}

bool created_complete(struct record *record)
{
	struct record found = RECORD_NONE;
	bool lives;

	if (record->pid || record->pid_namespace != target_pid_namespace())
		return record->pid != 0;
	if (find_process(record, &found) < 0)
		return false;
	lives = !is_gone(record, &found);
	if (lives) {
		record->pid = found.pid;
		record->start_time = found.start_time;
	}
	record_release(&found);
	return lives;
}

bool created_is_gone(const struct record *record)
{
	struct record found = RECORD_NONE;
	bool gone;
	int rc;

	if (record->pid)
		return target_is_gone(record->pid, record->start_time, record->pid_namespace);
	if (!target_is_gone(record->creator, record->creator_start, record->pid_namespace))
		return false;
	/* After the creator: what it wrote is there by now. */
	rc = find_process(record, &found);
	gone = rc == 0 ? is_gone(record, &found) : rc == -ENOENT;
	record_release(&found);
	return gone;
}
