/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pending.h"

#include "err.h"
#include "io.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void pending_format(const struct pending *pending, char ret[96])
{
	snprintf(ret, 96, "%" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", pending->pid,
		pending->start_time, pending->pid_namespace, pending->since);
}

bool pending_parse(const char *text, struct pending *ret)
{
	char copy[96], *cursor = copy;
	uint64_t numbers[4];

	snprintf(copy, sizeof(copy), "%s", text);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char *number = strsep(&cursor, i < 3 ? " " : "\n");

		if (!cursor || !util_number(number, 0, i ? INT64_MAX : INT_MAX, &numbers[i]))
			return false;
	}
	*ret = (struct pending){(int64_t)numbers[0], numbers[1], numbers[2], numbers[3]};
	return true;
}

/* A mark of the future is one of before the last boot. */
bool pending_is_over(const struct pending *pending, uint64_t now, bool creator_is_gone)
{
	uint64_t age = now - pending->since;

	return now < pending->since || age >= PENDING_LIMIT_SECONDS ||
	       (creator_is_gone && age >= PENDING_SECONDS);
}

/* It goes on while the machine sleeps, and nobody sets it. */
static uint64_t seconds_after_boot(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

int pending_mark(const struct store *store, const char *id, const struct target *creator, struct err *err)
{
	cleanup_fd int fd =
		openat(store->pending, id, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct pending pending = {.since = seconds_after_boot()};
	char text[96];
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "mark the container as one to come");
	if (creator) {
		pending.pid = creator->pid;
		pending.start_time = creator->start_time;
		pending.pid_namespace = target_pid_namespace();
	}
	pending_format(&pending, text);
	rc = io_write_all(fd, text, strlen(text));
	return rc < 0 ? err_errno(err, -rc, "mark the container as one to come") : 0;
}

static bool read_mark(const struct store *store, const char *id, struct pending *ret)
{
	cleanup_free char *text = NULL;

	return io_read_file(store->pending, id, 95, &text, NULL, ERR_IGNORED) == 0 &&
	       pending_parse(text, ret);
}

bool pending_is_marked(const struct store *store, const char *id)
{
	struct pending pending;

	return read_mark(store, id, &pending);
}

bool pending_is_expected(const struct store *store, const char *id)
{
	struct pending pending;
	bool gone;

	if (!read_mark(store, id, &pending))
		return false;
	gone = pending.pid == 0 ||
	       target_is_gone((pid_t)pending.pid, pending.start_time, pending.pid_namespace);
	return !pending_is_over(&pending, seconds_after_boot(), gone);
}
