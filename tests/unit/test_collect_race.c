/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records that are written anew while a list is read: none of them is missed, and none is there twice. */
#include "collect.h"
#include "err.h"
#include "record.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORDS = 1000, LISTS = 30 }; /* more than the C library reads of a directory at once */

static struct scratch scratch;
static struct store store = STORE_NONE;

static void write_record(int number)
{
	char id[80];
	struct record record = {.id = id, .pid = 1, .start_time = 1};

	snprintf(id, sizeof(id), "%064d", number);
	if (record_write(store.records, &record, ERR_IGNORED) < 0)
		abort();
}

/* Until it is killed. */
static pid_t start_writer(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (int i = 0;; i = (i + 97) % RECORDS)
		write_record(i);
}

/* How many lists were not of all. */
static int count_wrong(void)
{
	int wrong = 0;

	for (int i = 0; i < LISTS; i++) {
		cleanup_known struct known_list known = KNOWN_NONE;

		wrong += collect_known(&store, &known, ERR_IGNORED) < 0 || known.count != RECORDS;
	}
	return wrong;
}

int main(void)
{
	pid_t writer;

	strcpy(scratch.path, "/dev/shm/crashcart-test.XXXXXX");
	if (!mkdtemp(scratch.path)) {
		tap_skip("cannot run here: no directory in memory",
			"records that are written anew while they are listed");
		return tap_done();
	}
	scratch.fd = store.dir = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)mkdirat(store.dir, "rec", 0700);
	store.records = openat(store.dir, "rec", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < RECORDS; i++)
		write_record(i);
	tap_number(count_wrong(), 0, "lists, while nobody writes");
	writer = start_writer();
	tap_number(count_wrong(), 0, "lists, while records are written anew");
	(void)kill(writer, SIGKILL);
	(void)waitpid(writer, NULL, 0);
	close(store.records);
	scratch_remove(&scratch);
	return tap_done();
}
