/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a command in which one system call goes wrong, or lists its system calls.
 *
 *     fault PROGRAMS list OUTPUT COMMAND...
 *     fault PROGRAMS at OUTPUT PROCESS CALL NUMBER ERRNO|KILL COMMAND...
 *
 * PROGRAMS is a file with a line for each program that is ours: "START MAIN PATH", the C library's start and main as offsets from the
 * entry point. The calls of such a program count, but for those between START and MAIN, until it becomes a program that is not
 * ours; and those of its children. PROCESS is which one of the command's processes makes the call, in the order in which they come to
 * be, from 0; NUMBER which one of its calls of that name, from 1.
 *
 * `list` writes a line "PROCESS CALL NUMBER" for each. `at` fails that call, which is not made then (but close, which Linux makes
 * always), or kills the process at it, and writes "reached STATUS PID REASON" or "missed ..."; STATUS is as a shell has it, or 124 for
 * a command that has not ended within 30 seconds, PID that of its first process, REASON what strerror(3) says to the errno. It ends when all processes have ended.
 */
#include "calls.h"
#include "machine.h"
#include "programs.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIME_LIMIT = 30, TIMED_OUT = 124, PROCESSES = 256, CALLS = 1024 };

struct process {
	pid_t pid;       /* 0: it has ended */
	bool has_parent; /* it is known who has made it */
	bool is_held;    /* it waits for that */
	bool is_ours;
	bool is_failing; /* the call that it is in */
	struct turn {
		uintptr_t at; /* 0: none */
		long word;    /* what is there */
	} start, main;
	unsigned number[CALLS];
};

static struct process processes[PROCESSES];
static size_t process_count;
static FILE *output;
static int first_status;
static pid_t first_pid;

/* The point; CALL is -1 when there is none, or none any more. */
static struct {
	size_t process;
	long call;
	unsigned number;
	int error; /* 0: SIGKILL */
} point = {.call = -1};
static bool is_list, is_reached;

static void give_up(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(125); /* PTRACE_O_EXITKILL: with all processes */
}

/* ---- processes ---- */

static struct process *process_of(pid_t pid)
{
	for (size_t i = process_count; i-- > 0;)
		if (processes[i].pid == pid)
			return &processes[i];
	if (process_count == PROCESSES) {
		errno = ENOMEM;
		give_up("too many processes");
	}
	processes[process_count].pid = pid;
	return &processes[process_count++];
}

static void resume(const struct process *process, int signal)
{
	bool is_watched = is_list || point.call >= 0 || process->is_failing;

	ptrace(is_watched ? PTRACE_SYSCALL : PTRACE_CONT, process->pid, 0, signal);
}

/* ---- where ours begins ---- */

static void set_break(const struct process *process, struct turn *turn, uintptr_t address)
{
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, process->pid, address, 0);
	if (errno)
		give_up("a breakpoint");
	*turn = (struct turn){.at = address, .word = word};
	memcpy(&word, break_code, BREAK_LENGTH);
	if (ptrace(PTRACE_POKETEXT, process->pid, address, word) < 0)
		give_up("a breakpoint");
}

static void on_exec(struct process *process)
{
	const struct program *program = program_of(process->pid);
	uintptr_t entry;

	process->start = process->main = (struct turn){0};
	process->is_ours = program && program->start != 0;
	if (!program)
		return;
	entry = entry_point(process->pid);
	if (process->is_ours)
		set_break(process, &process->start, entry + (uintptr_t)program->start);
	set_break(process, &process->main, entry + (uintptr_t)program->main);
}

static bool is_at(const struct process *process, struct turn *turn)
{
	if (!turn->at || where(process->pid) != turn->at + BREAK_ADVANCE)
		return false;
	if (ptrace(PTRACE_POKETEXT, process->pid, turn->at, turn->word) < 0 ||
		go_to(process->pid, turn->at) < 0)
		give_up("a breakpoint");
	turn->at = 0;
	return true;
}

static bool turns(struct process *process)
{
	if (is_at(process, &process->start))
		process->is_ours = false;
	else if (is_at(process, &process->main))
		process->is_ours = true;
	else
		return false;
	return true;
}

/* ---- system calls ---- */

static void go_wrong(struct process *process)
{
	is_reached = true;
	if (point.error == 0) {
		kill(process->pid, SIGKILL);
	} else {
		process->is_failing = true;
		if (point.call != call_of("close") && make_no_call(process->pid) < 0)
			give_up("no call");
	}
	point.call = -1;
}

static void list_call(const struct process *process, long call)
{
	const char *name = name_of((int)call);

	fprintf(output, "%zu %s %u\n", (size_t)(process - processes), name ? name : "unknown",
		process->number[call]);
}

static void at_call(struct process *process)
{
	struct __ptrace_syscall_info info = {0};
	long call;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && process->is_failing) {
		process->is_failing = false;
		return_error(process->pid, point.error);
	}
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !process->is_ours || info.entry.nr >= CALLS)
		return;
	call = (long)info.entry.nr;
	process->number[call]++;
	if (is_list)
		list_call(process, call);
	else if (call == point.call && process == &processes[point.process] &&
		 process->number[call] == point.number)
		go_wrong(process);
}

/* ---- what happens ---- */

/* What the child of a program of ours does is ours. */
static void on_child(const struct process *parent)
{
	unsigned long pid = 0;
	struct process *child;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) < 0)
		return;
	child = process_of((pid_t)pid);
	child->has_parent = true;
	child->is_ours = parent->is_ours;
	if (child->is_held)
		resume(child, 0);
	child->is_held = false;
}

static void on_stop(struct process *process, int status)
{
	int event = status >> 16, signal = WSTOPSIG(status);

	if (event == PTRACE_EVENT_STOP) {
		process->is_held = !process->has_parent;
		if (signal != SIGTRAP)
			ptrace(PTRACE_LISTEN, process->pid, 0, 0);
		else if (!process->is_held)
			resume(process, 0);
		return;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
		on_child(process);
	else if (event == PTRACE_EVENT_EXEC)
		on_exec(process);
	else if (signal == (SIGTRAP | 0x80))
		at_call(process);
	if (event || signal == (SIGTRAP | 0x80) || (signal == SIGTRAP && turns(process)))
		signal = 0;
	resume(process, signal);
}

static void on_end(struct process *process, int status)
{
	if (process == processes)
		first_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	process->pid = 0;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void end_all(void)
{
	for (size_t i = 0; i < process_count; i++)
		if (processes[i].pid)
			kill(processes[i].pid, SIGKILL);
}

static void watch(void)
{
	bool is_late = false;
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == ECHILD)
			break;
		if (pid < 0) {
			is_late = true;
			end_all();
		} else if (WIFSTOPPED(status)) {
			on_stop(process_of(pid), status);
		} else {
			on_end(process_of(pid), status);
		}
	}
	if (is_late)
		first_status = TIMED_OUT;
}

/* ---- the beginning ---- */

static void start(char **command)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	struct sigaction action = {.sa_handler = on_alarm}; /* which interrupts the waiting */
	int gate[2];
	char byte;
	pid_t pid = -1;

	if (pipe2(gate, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		give_up("fork");
	if (pid == 0) {
		if (read(gate[0], &byte, 1) == 1)
			execvp(command[0], command);
		_exit(127);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, options) < 0)
		give_up("ptrace");
	process_of(pid)->has_parent = true;
	first_pid = pid;
	sigaction(SIGALRM, &action, NULL);
	alarm(TIME_LIMIT);
	if (write(gate[1], "", 1) != 1)
		give_up("the start");
	close(gate[0]);
	close(gate[1]);
	ptrace(PTRACE_INTERRUPT, pid, 0, 0); /* a stop, from which on its calls are seen */
}

static int error_of(const char *name)
{
	for (int error = 1; error < 4096; error++) {
		const char *known = strerrorname_np(error);

		if (known && strcmp(known, name) == 0)
			return error;
	}
	errno = EINVAL;
	give_up(name);
	return 0;
}

static void set_point(char **words)
{
	point.process = strtoul(words[0], NULL, 10);
	point.call = call_of(words[1]);
	point.number = (unsigned)strtoul(words[2], NULL, 10);
	point.error = strcmp(words[3], "KILL") == 0 ? 0 : error_of(words[3]);
	errno = EINVAL;
	if (point.process >= PROCESSES || point.call < 0 || point.call >= CALLS || point.number == 0)
		give_up("no point");
}

int main(int argc, char **argv)
{
	is_list = argc > 4 && strcmp(argv[2], "list") == 0;
	if (!is_list && (argc < 9 || strcmp(argv[2], "at") != 0)) {
		fputs("usage: fault PROGRAMS list OUTPUT COMMAND...\n"
		      "       fault PROGRAMS at OUTPUT PROCESS CALL NUMBER ERRNO|KILL COMMAND...\n",
			stderr);
		return 2;
	}
	if (!read_programs(argv[1]))
		give_up(argv[1]);
	output = fopen(argv[3], "we");
	if (!output)
		give_up(argv[3]);
	if (!is_list)
		set_point(argv + 4);
	start(argv + (is_list ? 4 : 8));
	watch();
	if (!is_list)
		fprintf(output, "%s %d %d %s\n", is_reached ? "reached" : "missed", first_status,
			(int)first_pid, point.error ? strerror(point.error) : "");
	return fclose(output) == 0 ? 0 : 1;
}
