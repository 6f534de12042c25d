/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int number, failures;
static int descriptors; /* open at the start */

static _Noreturn void die(const char *what)
{
	fflush(stdout);
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(99);
}

/* Prints TEXT on one line; "#" begins a directive in TAP. */
static void print(const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte >= 0x7f || byte == '#' || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
}

static bool __attribute__((format(printf, 2, 0))) result(bool good, const char *name, va_list ap)
{
	char text[1024];

	if (number == 0)
		alarm(120);
	vsnprintf(text, sizeof(text), name, ap);
	printf("%s %d - ", good ? "ok" : "not ok", ++number);
	print(text);
	putchar('\n');
	failures += !good;
	return good;
}

static void diagnose(const char *label, const char *text)
{
	printf("#   %s: ", label);
	print(text ? text : "(null)");
	putchar('\n');
}

bool tap_ok(bool good, const char *name, ...)
{
	va_list ap;

	va_start(ap, name);
	result(good, name, ap);
	va_end(ap);
	if (!good)
		printf("#   got: false\n#   wanted: true\n");
	return good;
}

bool tap_string(const char *got, const char *wanted, const char *name, ...)
{
	bool good = got && wanted ? strcmp(got, wanted) == 0 : got == wanted;
	va_list ap;

	va_start(ap, name);
	result(good, name, ap);
	va_end(ap);
	if (!good) {
		diagnose("got", got);
		diagnose("wanted", wanted);
	}
	return good;
}

bool tap_number(int64_t got, int64_t wanted, const char *name, ...)
{
	bool good = got == wanted;
	va_list ap;

	va_start(ap, name);
	result(good, name, ap);
	va_end(ap);
	if (!good)
		printf("#   got: %" PRId64 "\n#   wanted: %" PRId64 "\n", got, wanted);
	return good;
}

bool tap_contains(const char *got, const char *part, const char *name, ...)
{
	bool good = got && strstr(got, part);
	va_list ap;

	va_start(ap, name);
	result(good, name, ap);
	va_end(ap);
	if (!good) {
		diagnose("got", got);
		diagnose("wanted a text with", part);
	}
	return good;
}

/* The child's output is dropped: a result printed there would be counted twice. */
static int run_child(void (*function)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(60);
		function();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

bool tap_survives(void (*function)(void), const char *name, ...)
{
	int status = run_child(function);
	va_list ap;

	va_start(ap, name);
	result(status == 0, name, ap);
	va_end(ap);
	if (WIFSIGNALED(status))
		printf("#   got: ended by signal %d\n#   wanted: an end\n", WTERMSIG(status));
	else if (status)
		printf("#   got: exit status %d\n#   wanted: 0\n", WEXITSTATUS(status));
	return status == 0;
}

void tap_skip(const char *why, const char *name, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, name);
	vsnprintf(text, sizeof(text), name, ap);
	va_end(ap);
	printf("ok %d - ", ++number);
	print(text);
	printf(" # SKIP %s\n", why);
}

/* Descriptors that are open, the one that looks included; -1: not to be told. */
static int count_descriptors(void)
{
	DIR *stream = opendir("/proc/self/fd");
	int count = 0;

	if (!stream)
		return -1;
	while (readdir(stream))
		count++;
	closedir(stream);
	return count;
}

static __attribute__((constructor)) void begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* so that a crash shows where */
	descriptors = count_descriptors();
}

int tap_done(void)
{
	tap_number(count_descriptors(), descriptors, "no descriptor is left open");
	printf("1..%d\n", number);
	if (failures)
		printf("# %d of %d failed\n", failures, number);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

char *tap_source(const char *file)
{
	const char *top = getenv("srcdir");
	char *path = NULL;

	if (asprintf(&path, "%s/%s", top ? top : ".", file) < 0)
		die("asprintf");
	return path;
}

char *tap_read(const char *file, size_t *ret_length)
{
	char *path = tap_source(file), *text = NULL;
	FILE *stream = fopen(path, "re");
	struct stat st;
	size_t length;

	if (!stream || fstat(fileno(stream), &st) < 0)
		die(path);
	length = (size_t)st.st_size;
	text = malloc(length + 1);
	if (!text || fread(text, 1, length, stream) != length)
		die(path);
	text[length] = '\0';
	fclose(stream);
	free(path);
	if (ret_length)
		*ret_length = length;
	return text;
}

char *tap_exact(const void *data, size_t length)
{
	char *copy = malloc(length ? length : 1);

	if (!copy)
		die("malloc");
	memcpy(copy, data, length);
	return copy;
}

void scratch_make(struct scratch *ret)
{
	strcpy(ret->path, "/tmp/crashcart-test.XXXXXX");
	if (!mkdtemp(ret->path))
		die(ret->path);
	ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0)
		die(ret->path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void scratch_remove(struct scratch *scratch)
{
	close(scratch->fd);
	nftw(scratch->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void scratch_file(const struct scratch *scratch, const char *name, unsigned int mode, const char *text)
{
	int fd = openat(scratch->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t length = strlen(text);

	if (fd < 0 || write(fd, text, length) != (ssize_t)length || fchmod(fd, mode) < 0)
		die(name);
	close(fd);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
	static char buffers[4][1024];
	static unsigned int turn;
	char *buffer = buffers[turn++ % 4];

	snprintf(buffer, sizeof(buffers[0]), "%s/%s", scratch->path, name);
	return buffer;
}
