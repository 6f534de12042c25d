/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ext4, for where there is nothing else: mke2fs fills it, debugfs takes out what differs between equal trees, resize2fs
 * what is free.
 */
#include "err.h"
#include "image_format.h"
#include "run.h"
#include "util.h"
#include "walk.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const char package[] = "e2fsprogs";
/* All that it shall have, so that it does not depend on the host's mke2fs.conf: no journal, nothing to grow. */
static const char features[] =
	"none,filetype,extent,dir_index,sparse_super,large_file,huge_file,dir_nlink,extra_isize,"
	"metadata_csum,flex_bg";

enum { BLOCK = 4096, INODE = 256, RESERVED_INODES = 16 };

/*
 * Of a path within the image. debugfs takes what is beyond BUFSIZ bytes of a line for a line of its own, and one that
 * begins with "!" for a command of the shell. BUFSIZ: 8192 with glibc, 1024 with musl.
 */
enum { PATH_LIMIT = 900 };

static int fill(const struct image_job *job, struct err *err)
{
	uint64_t inodes = job->inodes + RESERVED_INODES;
	uint64_t blocks = (job->content + inodes * INODE) / BLOCK;
	cleanup_free char *options = util_printf(
		"root_owner=0:0,no_copy_xattrs,lazy_itable_init=0,nodiscard,hash_seed=%s", job->uuid);
	cleanup_free char *count = util_printf("%llu", (unsigned long long)inodes);
	/* Groups have two blocks of bitmaps and some of descriptors each; a twentieth is more than that. */
	cleanup_free char *size = util_printf("%llu", (unsigned long long)blocks + blocks / 20 + 1024);
	const char *const argv[] = {"mke2fs", "-q", "-F", "-b", "4096", "-I", "256", "-m", "0", "-N", count,
		"-O", features, "-U", job->uuid, "-E", options, "-d", job->path, job->file, size, NULL};

	if (!options || !count || !size)
		return err_errno(err, ENOMEM, "mke2fs");
	return image_run(job, argv, package, err);
}

/* The script for debugfs. */
struct script {
	FILE *stream;
	int64_t newest;
};

/* The bytes that write_name makes of PATH, but for what is around it. */
static size_t written_length(const char *path)
{
	size_t length = strlen(path);

	for (; *path; path++)
		length += *path == '"';
	return length;
}

/* NAME as debugfs reads it: in quotes, each quote doubled. */
static void write_name(FILE *stream, const char *name)
{
	fputs("\"/", stream);
	for (; *name; name++) {
		if (*name == '"')
			fputc('"', stream);
		fputc(*name, stream);
	}
	fputc('"', stream);
}

static void write_time(const struct script *script, const char *path, const char *field, int64_t seconds)
{
	fputs("sif ", script->stream);
	write_name(script->stream, path);
	fprintf(script->stream, " %s @%lld\n", field, (long long)seconds);
}

static void write_owner(const struct script *script, const char *path, const char *field)
{
	fputs("sif ", script->stream);
	write_name(script->stream, path);
	fprintf(script->stream, " %s 0\n", field);
}

/* mke2fs copies times and owners; only modification times are the tree's own. */
static int normalize(const char *path, const struct stat *st, void *context, struct err *err)
{
	const struct script *script = context;
	static const char *const times[] = {"atime", "ctime", "crtime"};

	if (strpbrk(path, "\r\n"))
		return err_set(err, EINVAL, "%s: a name with a line break in it", path);
	if (written_length(path) > PATH_LIMIT)
		return err_set(err, ENAMETOOLONG,
			"a path of more than %d bytes, which debugfs may not take: %s", PATH_LIMIT, path);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		write_time(script, path, times[i], script->newest);
	write_time(script, path, "mtime", st->st_mtime > script->newest ? script->newest : st->st_mtime);
	write_owner(script, path, "uid");
	write_owner(script, path, "gid");
	return 0;
}

static int write_script(const struct image_job *job, FILE *stream, struct err *err)
{
	struct script script = {stream, job->newest};
	struct stat st;
	int rc;

	if (fstat(job->tree, &st) < 0)
		return err_errno(err, errno, "look at the tree");
	fputs("rmdir /lost+found\n", stream);
	rc = walk(job->tree, normalize, &script, err);
	if (rc == 0)
		rc = normalize("", &st, &script, err);
	if (rc == 0 && (fflush(stream) != 0 || ferror(stream)))
		rc = err_errno(err, errno, "write a script for debugfs");
	return rc;
}

/* Its exit status is 0 whatever happens: an error is a line on standard error, below that with its version. */
static int run_debugfs(const struct image_job *job, const char *script, struct err *err)
{
	const char *const argv[] = {"debugfs", "-w", "-f", script, job->file, NULL};
	const struct run run = {
		.argv = argv, .directory = job->directory, .output = RUN_STDERR, .cancel = job->cancel};
	cleanup_free char *text = NULL;
	const char *line;
	int status, rc = run_program(&run, &text, &status, err);

	if (rc == -ENOENT)
		return err_set(err, ENOENT, "debugfs is not found on PATH: install the package %s", package);
	if (rc < 0)
		return rc;
	line = strchr(text, '\n');
	if (strncmp(text, "debugfs ", strlen("debugfs ")) != 0 || (line && line[1]))
		return err_set(err, EIO, "debugfs: %.*s",
			(int)strcspn(line && line[1] ? line + 1 : text, "\n"),
			line && line[1] ? line + 1 : text);
	return 0;
}

/* The script is a file in memory; by our descriptor, since ours do not reach the program. */
static int equalize(const struct image_job *job, struct err *err)
{
	int memory = memfd_create("debugfs", MFD_CLOEXEC);
	FILE *stream = memory < 0 ? NULL : fdopen(memory, "w");
	cleanup_free char *path = util_printf("/proc/%d/fd/%d", getpid(), memory);
	int rc;

	if (!stream || !path) {
		rc = err_errno(err, stream ? ENOMEM : errno, "write a script for debugfs");
	} else {
		rc = write_script(job, stream, err);
		if (rc == 0)
			rc = run_debugfs(job, path, err);
	}
	if (stream)
		(void)fclose(stream); /* write_script has flushed it */
	else if (memory >= 0)
		close(memory);
	return rc;
}

/* Without resize2fs there is some room left in it: no harm. */
static int shrink(const struct image_job *job, struct err *err)
{
	const char *const argv[] = {"resize2fs", "-f", "-M", job->file, NULL};
	int rc = image_run(job, argv, package, err);

	return rc == -ENOENT ? 0 : rc;
}

int image_make_ext4(const struct image_job *job, struct err *err)
{
	int rc = fill(job, err);

	if (rc == 0)
		rc = equalize(job, err);
	return rc == 0 ? shrink(job, err) : rc;
}
