/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bounds.h"
#include "io.h"
#include "pack.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PROGRAM "dbg-tools"

/* What a child writes: into files of memory, which it can fill without a reader. */
struct outputs {
	int out, err;
};

static int outputs_open(struct outputs *ret)
{
	ret->out = memfd_create("output", MFD_CLOEXEC);
	ret->err = memfd_create("errors", MFD_CLOEXEC);
	return ret->out < 0 || ret->err < 0 ? -errno : 0;
}

static void outputs_close(struct outputs *outputs)
{
	close_keep_errno(&outputs->out);
	close_keep_errno(&outputs->err);
}

/* The one on PATH, as a user would call it; else the one that was installed with this program. */
static int spawn_with(const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	const char *const *texts, pid_t *ret)
{
	/* They are not written to: the interface is older than const. */
	char *const *argv = (char *const *)(uintptr_t)texts;
	int rc = posix_spawnp(ret, PROGRAM, actions, attributes, argv, environ);

	return rc == ENOENT ? posix_spawn(ret, BINDIR "/" PROGRAM, actions, attributes, argv, environ) : rc;
}

/* Everything else that is open is closed by its exec. */
static int spawn(const struct outputs *outputs, const char *const *argv, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, outputs->out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, outputs->err, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attributes, &none);
	if (rc == 0)
		rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	if (rc == 0)
		rc = spawn_with(&actions, &attributes, argv, ret);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_OURS;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *read_back(int fd)
{
	char *text = NULL;

	if (lseek(fd, 0, SEEK_SET) < 0 ||
		io_read_all(fd, PACK_OUTPUT_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return NULL;
	return text;
}

/* Its lines become ours: errors where it failed, else what --verbose asks for. */
static void pass_lines(const struct context *context, const char *about, int fd, bool failed)
{
	static const char prefix[] = PROGRAM ": ";
	cleanup_free char *text = read_back(fd);
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, prefix, strlen(prefix)) == 0)
			line += strlen(prefix);
		if (!*line)
			continue;
		if (failed)
			complain(about, "%s", line);
		else
			tell_more(&context->options, about, "%s", line);
	}
}

/* The first line of its output. */
static int take_path(const char *about, int fd, char **ret_path)
{
	char *text = read_back(fd);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (!text || text[0] != '/') {
		free(text);
		return complain(about, PROGRAM " pack: it has printed no path");
	}
	*ret_path = text;
	return 0;
}

static int call(const struct context *context, const char *about, const char *const *argv, char **ret_path)
{
	struct outputs outputs = {FD_NONE, FD_NONE};
	int rc = outputs_open(&outputs), status;
	pid_t pid;

	if (rc == 0)
		rc = spawn(&outputs, argv, &pid);
	if (rc < 0) {
		status = complain(about, "run " PROGRAM ": %s", strerror(-rc));
	} else {
		status = reap(pid); /* NOLINT(clang-analyzer-core.CallAndMessage): spawn has set it */
		pass_lines(context, about, outputs.err, status != 0);
		if (status == 0)
			status = take_path(about, outputs.out, ret_path);
		else if (status != EXIT_NOT_FOUND)
			status = EXIT_OURS;
	}
	outputs_close(&outputs);
	return status;
}

int pack_call(const struct context *context, const char *about, char **ret_path)
{
	const struct options *options = &context->options;
	char size[32];
	const char *argv[12] = {PROGRAM, "pack", options->verbose ? "--verbose" : "--quiet", "--cache",
		context->policy.pack_cache, "--size", size};
	size_t count = 7;

	snprintf(size, sizeof(size), "%lu", (unsigned long)context->policy.pack_cache_size);
	if (options->dry_run)
		argv[count++] = "--dry-run";
	argv[count++] = "--";
	argv[count++] = *options->command;
	return call(context, about, argv, ret_path);
}
