/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records without a process, of the runtime wrapper's: completed from a runtime's files, or told to be of a failed start. */
#include "created.h"
#include "err.h"
#include "tap.h"
#include "target.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scratch scratch;
static struct target self = TARGET_NONE;

/* As if the creator had ended, or lived. */
static struct record draft(bool creator_lives, const char *state)
{
	return (struct record){.id = "c1",
		.engine = "docker",
		.pid_namespace = target_pid_namespace(),
		.creator = getpid(),
		.creator_start = self.start_time + !creator_lives,
		.runtime_state = state};
}

static void state_file(const char *name, pid_t pid, uint64_t start_time)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"pid\":%d,\"process-start-time\":%lu,\"bundle\":\"/b\"}", pid,
		(unsigned long)start_time);
	scratch_file(&scratch, name, 0600, text);
}

static void is_state(const char *state, bool creator_lives, bool complete, bool gone, const char *name)
{
	struct record record = draft(creator_lives, state);

	tap_ok(created_is_gone(&record) == gone, "%s: %s", name, gone ? "it is gone" : "it is not gone");
	tap_ok(created_complete(&record) == complete, "%s: %s", name,
		complete ? "it has a process" : "it has none yet");
	tap_number(record.pid, complete ? getpid() : 0, "%s: which", name);
	tap_ok(!complete || record.start_time == self.start_time, "%s: since when", name);
}

static void test_states(void)
{
	const char *state = scratch_path(&scratch, "c1");

	is_state(state, true, false, false, "a runtime at work, that has written nothing");
	is_state(state, false, false, true, "a runtime that has ended, and written nothing");
	is_state(NULL, false, false, false, "no place of the runtime's is known");
	mkdirat(scratch.fd, "c1", 0711);
	is_state(state, false, false, false, "a state that we do not know");
	state_file("c1/status", getpid(), self.start_time);
	is_state(state, false, true, false, "a container that runs");
	is_state(state, true, true, false, "a container whose runtime stays");
	state_file("c1/status", getpid(), self.start_time + 2);
	is_state(state, false, false, true, "a container that has ended");
	is_state(state, true, false, false, "an old state, of before this start");
	state_file("c1/state.json", getpid(), self.start_time);
	is_state(state, false, true, false, "runc's file");
	(void)!fchmodat(scratch.fd, "c1", 0777, 0);
	is_state(state, false, false, false, "a place that others may write to");
}

static void test_hostile(void)
{
	const char *state = scratch_path(&scratch, "c2");

	mkdirat(scratch.fd, "c2", 0711);
	(void)!symlinkat("../c1/state.json", scratch.fd, "c2/state.json");
	(void)!mkfifoat(scratch.fd, "c2/status", 0600);
	is_state(state, false, false, false, "links and FIFOs are not read");
}

static void test_other_namespace(void)
{
	struct record record = draft(false, scratch_path(&scratch, "none"));

	record.pid_namespace++;
	tap_ok(!created_is_gone(&record), "of another pid namespace it is not known");
	tap_ok(!created_complete(&record), "and nothing is filled in");
	record.pid = getpid();
	record.start_time = self.start_time;
	tap_ok(created_complete(&record), "what names a process is complete");
	record.pid_namespace--;
	tap_ok(!created_is_gone(&record), "and lives as long as that");
	record.start_time++;
	tap_ok(created_is_gone(&record), "and not longer");
}

int main(void)
{
	scratch_make(&scratch);
	if (target_open(getpid(), 0, &self, ERR_IGNORED) < 0)
		return 1;
	test_states();
	test_hostile();
	test_other_namespace();
	target_close(&self);
	scratch_remove(&scratch);
	return tap_done();
}
