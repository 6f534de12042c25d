/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image_format.h"

#include "err.h"
#include "run.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

/* The last two lines of what a program said, as one: the reason is often in the last but one. */
static void last_words(char *text, char words[256])
{
	char *line = NULL, *next, *before = NULL, *last = NULL;

	for (next = text; (line = strsep(&next, "\n"));) {
		line += strspn(line, " \t");
		if (!*line)
			continue;
		before = last;
		last = line;
	}
	snprintf(words, 256, "%s%s%s", before ? before : "", before ? "; " : "",
		last ? last : "no reason given");
	for (char *at = words; *at; at++)
		if (*at == '\t')
			*at = ' ';
}

int image_run(const struct image_job *job, const char *const *argv, const char *package, struct err *err)
{
	const struct run run = {
		.argv = argv, .directory = job->directory, .output = RUN_STDERR, .cancel = job->cancel};
	cleanup_free char *text = NULL;
	char words[256];
	int status, rc;

	if (run_cancelled(job->cancel))
		return err_set(err, ECANCELED, "interrupted");
	rc = run_program(&run, &text, &status, err);
	if (rc == -ENOENT)
		return err_set(
			err, ENOENT, "%s is not found on PATH: install the package %s", argv[0], package);
	/* An interrupt of the terminal's ends the program too. */
	if (rc == -ECANCELED || run_cancelled(job->cancel))
		return err_set(err, ECANCELED, "interrupted");
	if (rc < 0 || status == 0)
		return rc;
	last_words(text, words);
	return err_set(err, EIO, "%s failed with status %d: %s", argv[0], status, words);
}

/* True if a program says WORD in its help, ARGV: on standard error, or on standard output as most later versions do. */
static bool help_says(const struct image_job *job, const char *const *argv, const char *word)
{
	static const enum run_output outputs[] = {RUN_STDERR, RUN_STDOUT};

	for (size_t i = 0; i < ARRAY_SIZE(outputs) && !run_cancelled(job->cancel); i++) {
		const struct run run = {
			.argv = argv, .directory = -1, .output = outputs[i], .cancel = job->cancel};
		cleanup_free char *text = NULL;
		int status;

		if (run_program(&run, &text, &status, ERR_IGNORED) == 0 && strstr(text, word))
			return true;
	}
	return false;
}

static bool has_lz4hc(const struct image_job *job)
{
	static const char *const argv[] = {"mkfs.erofs", "--help", NULL};

	return help_says(job, argv, "lz4hc");
}

/* Its time of making and the latest of its files come from SOURCE_DATE_EPOCH: -T would flatten all. -x-1: no attributes. */
static int make_erofs(const struct image_job *job, struct err *err)
{
	const char *argv[] = {
		"mkfs.erofs", "--quiet", "--all-root", "-x-1", "-U", job->uuid, NULL, NULL, NULL, NULL};
	size_t count = 6;

	if (has_lz4hc(job))
		argv[count++] = "-zlz4hc";
	argv[count++] = job->file;
	argv[count] = job->path;
	return image_run(job, argv, "erofs-utils", err);
}

/* It names the compressors that it was built with: in its help, later versions only in all of it. */
static bool has_zstd(const struct image_job *job)
{
	static const char *const help[] = {"mksquashfs", "-help", NULL};
	static const char *const help_all[] = {"mksquashfs", "-help-all", NULL};

	return help_says(job, help, "zstd") || help_says(job, help_all, "zstd");
}

/* The same. Of both compressors it is the level that is much quicker than the next ones and hardly larger. Linux reads zstd
 * since 4.14, where it is configured; gzip always. */
static int make_squashfs(const struct image_job *job, struct err *err)
{
	bool zstd = has_zstd(job);
	const char *const argv[] = {"mksquashfs", job->path, job->file, "-noappend", "-no-progress", "-quiet",
		"-all-root", "-no-xattrs", "-comp", zstd ? "zstd" : "gzip", "-Xcompression-level",
		zstd ? "9" : "6", NULL};

	return image_run(job, argv, "squashfs-tools", err);
}

const struct image_format image_formats[3] = {
	{"erofs", {".erofs", NULL}, make_erofs},
	{"squashfs", {".squashfs", ".sqfs"}, make_squashfs},
	{"ext4", {".ext4", NULL}, image_make_ext4},
};
