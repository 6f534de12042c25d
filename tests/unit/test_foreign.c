/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that read for us: what they write, how long they may take, how they end. */
#include "foreign.h"
#include "tap.h"
#include "util.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int say(void *context, int out)
{
	const char *text = context;

	return write(out, text, strlen(text)) < 0 ? errno : 0;
}

static int fail(void *context, int out)
{
	(void)out;
	return *(int *)context;
}

static int hang(void *context, int out)
{
	(void)say(context, out);
	for (int rest = 60; rest > 0; rest--)
		sleep(1);
	return 0;
}

static int finish(struct foreign *foreign, int64_t deadline, size_t limit, char **ret)
{
	size_t length = 0;
	int rc = foreign_finish(foreign, deadline, limit, ret, &length);

	if (rc == 0)
		tap_number((long long)length, (long long)strlen(*ret), "its length");
	return rc;
}

int main(void)
{
	char hello[] = "hello";
	cleanup_free char *text = NULL, *later = NULL;
	struct foreign one, other;
	int number = ENODATA;
	siginfo_t info;

	tap_number(foreign_start(say, hello, &one), 0, "a process that writes");
	tap_number(finish(&one, foreign_deadline(), 5, &text), 0, "comes to its end");
	tap_string(text, "hello", "what it wrote");
	(void)foreign_start(say, hello, &one);
	tap_number(finish(&one, foreign_deadline(), 4, &text), -EFBIG, "more than the limit");
	(void)foreign_start(fail, &number, &one);
	tap_number(finish(&one, foreign_deadline(), 5, &text), -ENODATA, "one that fails");
	(void)foreign_start(hang, hello, &one);
	(void)foreign_start(say, hello, &other);
	tap_number(finish(&one, util_now() + 200, 5, &text), -ETIMEDOUT, "one that does not end");
	/* The time may not have been enough for it. */
	(void)waitid(P_PID, (id_t)other.pid, &info, WEXITED | WNOWAIT);
	tap_number(finish(&other, util_now() - 1, 5, &later), 0, "what another wrote meanwhile is taken");
	tap_string(later, "hello", "whatever the time is");
	tap_string(text, "hello", "a failure leaves the text alone");
	return tap_done();
}
