/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Launchers, written and run. What they run is this program once more, which then tells how it was called. */
#include "err.h"
#include "io.h"
#include "launch.h"
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

#define CALLED "LAUNCH_TEST"

static struct scratch scratch;
static char self[PATH_MAX];

static void list(char *const *texts)
{
	for (; *texts; texts++)
		printf("<%s>", *texts);
	putchar('\n');
}

/* As the program that was launched: prints arguments and environment, and ends as CALLED says. */
static int be_called(char **argv, const char *how)
{
	list(argv);
	list(environ);
	fflush(stdout);
	if (strcmp(how, "signal") == 0)
		raise(SIGKILL);
	return atoi(how);
}

static struct names names_of(const char *const *texts)
{
	struct names names = {0};

	for (; texts && *texts; texts++)
		if (names_add(&names, *texts) < 0)
			abort();
	return names;
}

static int make(const char *program, const char *argv0, const char *const *arguments,
	const char *const *environment, char **ret, size_t *ret_length, struct err *err)
{
	cleanup_names struct names argument_names = names_of(arguments);
	cleanup_names struct names environment_names = names_of(environment);

	return launch_make(program, argv0, &argument_names, &environment_names, ret, ret_length, err);
}

/* Writes the file "launcher". */
static void install(
	const char *program, const char *argv0, const char *const *arguments, const char *const *environment)
{
	cleanup_free char *text = NULL;
	struct err err = {0};
	size_t length;

	if (make(program, argv0, arguments, environment, &text, &length, &err) < 0 ||
		io_write_file(scratch.fd, "launcher", 0755, text, length, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(99);
	}
}

/* Runs it. *RET_OUTPUT: both outputs, the caller's to free. Returns the status of waitpid(2). */
static int launch(char *const *argv, char *const *environment, char **ret_output)
{
	int ends[2], status = -1;
	struct err err = {0};
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execve(scratch_path(&scratch, "launcher"), argv, environment);
		_exit(99);
	}
	close(ends[1]);
	if (io_read_all(ends[0], 64 << 20, ret_output, NULL, &err) < 0)
		abort();
	close(ends[0]);
	waitpid(pid, &status, 0);
	return status;
}

#define WORDS(...) ((char *[]){__VA_ARGS__, NULL})
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char name[] = "ignored", how[] = CALLED "=7", killed[] = CALLED "=signal";

static void test_arguments(void)
{
	char one[] = "user's own", empty[] = "", line[] = "two\nlines";
	cleanup_free char *output = NULL;
	int status;

	install(self, "/dev/crashcart/bin/gdb", TEXTS("a b", "", "c\nd", "-x=\"y\""), NULL);
	status = launch(WORDS(name, one, empty, line), WORDS(how), &output);
	tap_string(output,
		"</dev/crashcart/bin/gdb><a b><><c\nd><-x=\"y\"><user's own><><two\nlines>\n"
		"<" CALLED "=7>\n",
		"fixed arguments come first, each as it is");
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the exit status is the program's");
}

static void test_environment(void)
{
	char first[] = "LANG=de_DE", second[] = "LANG=fr_FR", longer[] = "LANGUAGE=de", bare[] = "LANG",
	     equals[] = "=C", path[] = "PATH=/bin:/x=y";
	cleanup_free char *output = NULL;

	install(self, "tool", NULL, TEXTS("LANG=C UTF-8", "PYTHONHOME=/dev/crashcart", "EMPTY="));
	launch(WORDS(name), WORDS(first, longer, bare, equals, path, how, second), &output);
	tap_string(output,
		"<tool>\n<LANGUAGE=de><LANG><=C><PATH=/bin:/x=y><" CALLED "=7>"
		"<LANG=C UTF-8><PYTHONHOME=/dev/crashcart><EMPTY=>\n",
		"variables are replaced, all of one name, and added; others stay");
}

static void test_no_argv(void)
{
	cleanup_free char *output = NULL;

	install(self, NULL, TEXTS("fixed"), NULL);
	launch((char *[]){NULL}, WORDS(how), &output);
	tap_contains(output, "><fixed>\n<" CALLED "=7>\n", "a caller without argv");
	tap_ok(output[0] == '<' && strncmp(output + 1, self, strlen(self)) == 0,
		"without an argv[0] of its own it is the program");
}

static void test_signal(void)
{
	cleanup_free char *output = NULL;
	int status;

	install(self, NULL, NULL, NULL);
	status = launch(WORDS(name), WORDS(killed), &output);
	tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "ended by a signal: the caller sees it");
}

static void test_failures(void)
{
	cleanup_free char *missing = NULL, *refused = NULL;
	int status;

	install("/dev/crashcart/lib/wrapped/none", "/dev/crashcart/bin/none", NULL, NULL);
	status = launch(WORDS(name), WORDS(how), &missing);
	tap_string(missing, "/dev/crashcart/bin/none: cannot run /dev/crashcart/lib/wrapped/none: errno 2\n",
		"a missing program is named");
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 127, "status 127");
	install(scratch.path, "tool", NULL, NULL);
	status = launch(WORDS(name), WORDS(how), &refused);
	tap_contains(refused, ": errno 13\n", "a directory cannot be run");
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 126, "status 126");
}

/* The kernel takes a quarter of the stack's limit, and 6 MiB at the most: enough for more than the launcher has room for. */
static bool raise_stack_limit(void)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_STACK, &limit);
	limit.rlim_cur = 64 << 20;
	return setrlimit(RLIMIT_STACK, &limit) == 0;
}

static void test_many(void)
{
	enum { MANY = 200000, TOO_MANY = 300000 };
	static char argument[] = "x";
	static char *argv[TOO_MANY + 1];
	cleanup_free char *output = NULL, *refused = NULL;
	int status;

	if (!raise_stack_limit()) {
		tap_skip("the stack has a hard limit", "many arguments");
		return;
	}
	install(self, "tool", NULL, NULL);
	for (size_t i = 0; i < MANY; i++)
		argv[i] = argument;
	status = launch(argv, WORDS(how), &output);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 7 && strlen(output) > 3 * (MANY - 1),
		"%d arguments", MANY);
	for (size_t i = MANY; i < TOO_MANY; i++)
		argv[i] = argument;
	status = launch(argv, WORDS(how), &refused);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 126, "%d arguments: status 126", TOO_MANY);
	tap_contains(refused, "tool: cannot run ", "and a message");
	tap_contains(refused, ": errno 7\n", "that tells why");
}

static void test_refusals(void)
{
	cleanup_free char *text = NULL;
	struct err err = {0};
	char long_text[5000];
	size_t length;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	tap_number(make("/p", NULL, TEXTS(long_text), NULL, &text, &length, &err), -E2BIG, "a long argument");
	tap_contains(err.text, "more than", "the error says so");
	tap_number(make("/p", long_text, NULL, NULL, &text, &length, &err), -E2BIG, "a long argv[0]");
	tap_number(make("p", NULL, NULL, NULL, &text, &length, &err), -EINVAL, "a program without a path");
	tap_number(make("/p", NULL, NULL, TEXTS("NAME"), &text, &length, &err), -EINVAL, "no value");
	tap_number(make("/p", NULL, NULL, TEXTS("=x"), &text, &length, &err), -EINVAL, "no name");
	/* The area's 4064 bytes: "/p", twice with its NUL, and one argument with its own. */
	long_text[4064 - 6 - 1] = '\0';
	tap_number(make("/p", NULL, TEXTS(long_text), NULL, &text, &length, &err), 0, "just fits");
	tap_ok(text != NULL, "text of a launcher");
	long_text[4064 - 6 - 1] = 'x';
	long_text[4064 - 6] = '\0';
	tap_number(make("/p", NULL, TEXTS(long_text), NULL, &text, &length, &err), -E2BIG, "one byte more");
}

int main(int argc, char **argv)
{
	const char *called = getenv(CALLED);
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	(void)argc;
	if (called)
		return be_called(argv, called);
	if (length < 0)
		return 99;
	scratch_make(&scratch);
	test_arguments();
	test_environment();
	test_no_argv();
	test_signal();
	test_failures();
	test_many();
	test_refusals();
	scratch_remove(&scratch);
	return tap_done();
}
