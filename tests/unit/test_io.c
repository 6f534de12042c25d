/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whole files: limits, files that are none, and writing that leaves the old or the new one. */
#include "err.h"
#include "io.h"
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct scratch scratch;

/* Reads NAME with LIMIT; an error leaves the result alone, and names the file. */
static int read_file(const char *name, size_t limit, char **ret, size_t *ret_length)
{
	struct err err = {0};
	int rc;

	*ret = NULL;
	rc = io_read_file(scratch.fd, name, limit, ret, ret_length, &err);
	if (rc < 0 && (err.number != -rc || !strstr(err.text, name) || *ret))
		abort();
	return rc;
}

static void limit(size_t length, size_t most, int wanted)
{
	char *text = malloc(length + 1), *got;
	size_t got_length = 0;

	if (!text)
		abort();
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + i % 26);
	text[length] = '\0';
	scratch_file(&scratch, "sized", 0644, text);
	tap_number(read_file("sized", most, &got, &got_length), wanted, "%zu bytes, limit %zu", length, most);
	if (wanted == 0)
		tap_ok(got && got_length == length && memcmp(got, text, length + 1) == 0,
			"they are whole, a NUL behind them");
	free(got);
	free(text);
}

static void test_limits(void)
{
	static const size_t sizes[] = {0, 1, 10, 4095, 4096, 4097, 8192, 100000};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		limit(sizes[i], sizes[i], 0);
		limit(sizes[i], sizes[i] + 1, 0);
		limit(sizes[i] + 1, sizes[i], -EFBIG);
	}
	limit(100000, 10, -EFBIG);
	limit(10, 1 << 30, 0);
}

static void test_no_length(void)
{
	char *text = NULL;

	scratch_file(&scratch, "f", 0644, "text");
	tap_number(io_read_file(scratch.fd, "f", 10, &text, NULL, ERR_IGNORED), 0,
		"a file, its length not asked for");
	tap_string(text, "text", "its text");
	free(text);
	tap_number(io_read_file(scratch.fd, "none", 10, &text, NULL, ERR_IGNORED), -ENOENT,
		"a file that is not there");
}

/* Opening these must not wait for anybody. */
static void read_fifo(void)
{
	char *text;

	if (read_file("fifo", 10, &text, NULL) != -EINVAL)
		abort();
}

static void read_devices(void)
{
	static const char *const devices[] = {"/dev/zero", "/dev/null", "/dev/tty", "/dev/ptmx"};

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		char *text = NULL;

		if (io_read_file(AT_FDCWD, devices[i], 10, &text, NULL, ERR_IGNORED) >= 0 || text)
			abort();
	}
}

static void test_no_files(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	cleanup_fd int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text;

	mkfifoat(scratch.fd, "fifo", 0644);
	mkdirat(scratch.fd, "directory", 0755);
	scratch_file(&scratch, "real", 0644, "text");
	(void)!symlinkat("real", scratch.fd, "link");
	(void)!symlinkat("none", scratch.fd, "dangling");
	strcpy(address.sun_path, scratch_path(&scratch, "socket"));
	tap_number(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0, "(a socket is made)");
	tap_survives(read_fifo, "a FIFO is refused, and holds nobody up");
	tap_survives(read_devices, "devices are refused");
	tap_number(read_file("socket", 10, &text, NULL), -ENXIO, "a socket is refused");
	tap_number(read_file("directory", 10, &text, NULL), -EINVAL, "a directory is refused");
	tap_number(read_file("link", 10, &text, NULL), -ELOOP, "a symbolic link is not followed");
	tap_number(read_file("dangling", 10, &text, NULL), -ELOOP, "nor one that leads nowhere");
}

static void on_alarm(int number)
{
	(void)number;
}

/* A signal each millisecond ends what waits, with EINTR or half done. */
static void be_interrupted(void)
{
	const struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000};
	struct sigaction action = {.sa_handler = on_alarm};

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void test_stream(void)
{
	DIR *stream = io_open_stream(scratch.fd, "directory"), *again = io_open_stream(scratch.fd, ".");

	tap_ok(stream && again, "directories are opened to be read");
	tap_ok(again && readdir(again), "there is something in one");
	closedir(stream);
	closedir(again);
	tap_ok(!io_open_stream(scratch.fd, "none") && errno == ENOENT, "one that is not there is not");
	tap_ok(!io_open_stream(scratch.fd, "real") && errno == ENOTDIR, "nor a file");
	(void)!symlinkat("directory", scratch.fd, "to-directory");
	tap_ok(!io_open_stream(scratch.fd, "to-directory"), "nor one through a link");
	tap_ok(!io_open_stream(FD_NONE, ".") && errno == EBADF, "nor below nothing");
}

/* Writes ten pieces into FD, with pauses between. */
static pid_t write_slowly(int fd)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int i = 0; i < 10; i++) {
		if (io_write_all(fd, "0123456789", 10) < 0)
			_exit(1);
		usleep(1000);
	}
	_exit(0);
}

static void test_pipe(size_t most, int wanted)
{
	int ends[2], rc;
	char *text = NULL;
	size_t length = 0;
	struct err err = {0};
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	pid = write_slowly(ends[1]);
	close(ends[1]);
	be_interrupted();
	rc = io_read_all(ends[0], most, &text, &length, &err);
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	alarm(60);
	tap_number(rc, wanted, "a pipe that brings 100 bytes in pieces, limit %zu", most);
	if (wanted == 0)
		tap_ok(length == 100 && strlen(text) == 100, "they are all there");
	close(ends[0]);
	free(text);
	waitpid(pid, NULL, 0);
}

static void test_errors(void)
{
	char *text = NULL;
	struct err err = {0};

	tap_number(io_read_all(FD_NONE, 10, &text, NULL, &err), -EBADF, "a descriptor that is none");
	tap_ok(!text && err.number == EBADF, "gives an error and no text");
}

/* More than a pipe holds, and signals meanwhile: writes are cut short. */
static void test_write_all(void)
{
	size_t length = 1 << 20, got = 0;
	char *data = malloc(length), *copy = malloc(length);
	int ends[2], status = 0;
	ssize_t count;
	pid_t pid;

	if (!data || !copy || pipe2(ends, O_CLOEXEC) < 0)
		abort();
	for (size_t i = 0; i < length; i++)
		data[i] = (char)(i * 7 / 5);
	pid = fork();
	if (pid == 0) {
		be_interrupted();
		_exit(io_write_all(ends[1], data, length) == 0 ? 0 : 1);
	}
	close(ends[1]);
	while ((count = read(ends[0], copy + got, length - got < 8192 ? length - got : 8192)) > 0) {
		got += (size_t)count;
		usleep(500);
	}
	waitpid(pid, &status, 0);
	tap_ok(got == length && status == 0 && memcmp(data, copy, length) == 0, "a megabyte through a pipe");
	close(ends[0]);
	free(data);
	free(copy);
	tap_number(io_write_all(FD_NONE, "x", 1), -EBADF, "writing to no descriptor");
	tap_number(io_write_all(FD_NONE, "x", 0), 0, "writing nothing");
}

static int write_file(const char *name, unsigned int mode, const char *text)
{
	struct err err = {0};
	int rc = io_write_file(scratch.fd, name, mode, text, strlen(text), &err);

	if (err.number != -rc || (rc == 0 && err.text[0]))
		abort();
	return rc;
}

static void holds(const char *name, const char *wanted, const char *what)
{
	char *text = NULL;

	read_file(name, 1 << 20, &text, NULL);
	tap_string(text, wanted, "%s", what);
	free(text);
}

static void test_write_file(void)
{
	struct stat before, after;

	tap_number(write_file("w", 0600, "one"), 0, "a file is written");
	tap_number(fstatat(scratch.fd, "w", &before, 0), 0, "it is there");
	tap_number(before.st_mode & 07777, 0600, "with its mode");
	tap_number(write_file("w", 0600, "two!"), 0, "and replaced");
	holds("w", "two!", "by the new one");
	tap_ok(fstatat(scratch.fd, "w", &after, 0) == 0 && after.st_ino != before.st_ino,
		"which is another file: who reads the old one keeps it");
	tap_number(faccessat(scratch.fd, ".w", F_OK, AT_SYMLINK_NOFOLLOW), -1, "nothing else is left");
	tap_number(write_file("w", 0600, ""), 0, "an empty file");
	holds("w", "", "is one");
}

static void test_write_over(void)
{
	struct stat st;

	scratch_file(&scratch, ".over", 0666, "left by somebody who was killed, and longer");
	tap_number(write_file("over", 0600, "new"), 0, "what a killed writer has left is no obstacle");
	holds("over", "new", "nothing of it remains");
	tap_ok(fstatat(scratch.fd, "over", &st, 0) == 0 && (st.st_mode & 07777) == 0600, "nor its mode");
	scratch_file(&scratch, "precious", 0644, "mine");
	(void)!symlinkat("precious", scratch.fd, ".linked");
	tap_number(
		write_file("linked", 0600, "new"), 0, "a link in place of the temporary file is no obstacle");
	holds("precious", "mine", "and not followed");
	(void)!symlinkat("precious", scratch.fd, "link2");
	tap_number(write_file("link2", 0600, "new"), 0, "a link in place of the file");
	holds("precious", "mine", "is not followed");
	holds("link2", "new", "but replaced");
}

static void test_write_refused(void)
{
	char name[257];

	memset(name, 'n', 255);
	name[255] = '\0';
	tap_number(write_file(name, 0600, "x"), -ENAMETOOLONG,
		"a name that leaves no room for the temporary one");
	tap_number(write_file("none/f", 0600, "x"), -ENOENT, "a directory that is not there");
	tap_ok(write_file("directory", 0600, "x") < 0, "a directory in the way");
	tap_number(faccessat(scratch.fd, ".directory", F_OK, 0), -1, "nothing is left");
}

/* A full file system, played by a limit on the size of files. */
static void write_too_much(void)
{
	struct rlimit most = {.rlim_cur = 100, .rlim_max = 100};
	char text[4097];
	struct err err = {0};

	signal(SIGXFSZ, SIG_IGN);
	memset(text, 'x', 4096);
	text[4096] = '\0';
	setrlimit(RLIMIT_FSIZE, &most);
	if (write_file("full", 0600, text) != -EFBIG)
		abort();
	if (io_write_file(scratch.fd, "full", 0600, text, 4096, &err) >= 0 || !strstr(err.text, "full"))
		abort();
}

static void test_full(void)
{
	write_file("full", 0600, "old");
	tap_survives(write_too_much, "a file that cannot be written to its end is an error");
	holds("full", "old", "the old one is whole");
	tap_number(faccessat(scratch.fd, ".full", F_OK, 0), -1, "nothing else is left");
}

static void test_short(void)
{
	char buffer[8] = "before";

	write_file("short", 0600, "seven b");
	tap_number(io_read_short(scratch.fd, "short", buffer, sizeof(buffer)), 7, "what fits is read");
	tap_string(buffer, "seven b", "with a NUL behind it");
	tap_number(io_read_short(scratch.fd, "short", buffer, 7), -EFBIG,
		"what leaves no place for that is not");
	tap_number(
		io_read_short(scratch.fd, "none", buffer, sizeof(buffer)), -ENOENT, "nor what is not there");
	tap_ok(symlinkat("short", scratch.fd, "short-link") == 0 &&
			io_read_short(scratch.fd, "short-link", buffer, sizeof(buffer)) == -ELOOP,
		"nor a symbolic link");
}

int main(void)
{
	scratch_make(&scratch);
	signal(SIGPIPE, SIG_IGN);
	test_limits();
	test_no_length();
	test_no_files();
	test_pipe(100, 0);
	test_pipe(99, -EFBIG);
	test_errors();
	test_write_all();
	test_stream();
	test_write_file();
	test_write_over();
	test_write_refused();
	test_full();
	test_short();
	scratch_remove(&scratch);
	return tap_done();
}
