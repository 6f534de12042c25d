/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"
#include "hash.h"
#include "manifest.h"
#include "object.h"
#include "path.h"
#include "run.h"
#include "util.h"
#include "verify.h"
#include "walk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* What is known while the tree is walked through. */
struct check {
	int tree, cancel;
	const struct manifest *manifest;
	bool *file_seen, *link_seen; /* by the manifest's order */
	struct verify_problems *problems;
};

static void check_free(struct check *check)
{
	free_keep_errno(&check->file_seen);
	free_keep_errno(&check->link_seen);
}

static int check_rights(const struct check *check, const char *path, const struct stat *st, struct err *err)
{
	if (S_ISLNK(st->st_mode) || !(st->st_mode & (S_ISUID | S_ISGID)))
		return 0;
	return verify_add(check->problems, err, path, "has a set-id bit (mode %04o)", st->st_mode & 07777);
}

static int check_capabilities(const struct check *check, int fd, const char *path, struct err *err)
{
	if (fgetxattr(fd, "security.capability", NULL, 0) < 0)
		return 0;
	return verify_add(check->problems, err, path, "has file capabilities");
}

/* A file of another size is not read: it may be of any. */
static int check_content(const struct check *check, int fd, const struct stat *st,
	const struct manifest_file *file, struct err *err)
{
	char hash[HASH_TEXT];
	int rc;

	if ((uint64_t)st->st_size != file->size)
		return verify_add(check->problems, err, file->path,
			"its size is %jd, not %" PRIu64 " as in the manifest", (intmax_t)st->st_size,
			file->size);
	if (st->st_size > OBJECT_SIZE_LIMIT)
		return verify_add(check->problems, err, file->path, "is larger than any that build makes");
	rc = hash_file(fd, st->st_size, hash);
	if (rc < 0)
		return verify_add(check->problems, err, file->path, "cannot be read: %s", strerror(-rc));
	if (strcmp(hash, file->sha256) != 0)
		return verify_add(check->problems, err, file->path,
			"its content is not that of the manifest (SHA-256)");
	return 0;
}

static int check_known(
	const struct check *check, int fd, const char *path, const struct stat *st, struct err *err)
{
	const struct manifest_file *file = manifest_file(check->manifest, path);
	mode_t mode = st->st_mode & 07777;
	int rc = 0;

	if (!file)
		return strcmp(path, MANIFEST_NAME) == 0 ? 0
							: verify_add(check->problems, err, path,
								  "a file that the manifest does not know");
	check->file_seen[file - check->manifest->files] = true;
	if (mode != file->mode)
		rc = verify_add(check->problems, err, path, "its mode is %04o, not %04o as in the manifest",
			mode, file->mode);
	return rc == 0 ? check_content(check, fd, st, file, err) : rc;
}

static int check_file(const struct check *check, const char *path, struct err *err)
{
	/* What it is may have changed since it was looked at. */
	cleanup_fd int fd = path_open_beneath(check->tree, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	int rc;

	if (fd < 0)
		return verify_add(check->problems, err, path, "cannot be read: %s", strerror(-fd));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return verify_add(check->problems, err, path, "not a regular file");
	rc = check_known(check, fd, path, &st, err);
	if (rc == 0)
		rc = check_capabilities(check, fd, path, err);
	return rc == 0 ? verify_outside(
				 check->tree, fd, path, st.st_mode, check->manifest, check->problems, err)
		       : rc;
}

static int check_link(const struct check *check, const char *path, struct err *err)
{
	const struct manifest_link *link = manifest_link(check->manifest, path);
	char target[PATH_MAX];
	ssize_t length = readlinkat(check->tree, path, target, sizeof(target) - 1);
	int rc = 0;

	if (length < 0)
		return verify_add(check->problems, err, path, "cannot be read: %s", strerror(errno));
	target[length] = '\0';
	if (!link)
		rc = verify_add(
			check->problems, err, path, "a link to %s that the manifest does not know", target);
	else if (strcmp(link->target, target) != 0)
		rc = verify_add(check->problems, err, path, "a link to %s, not to %s as in the manifest",
			target, link->target);
	if (link)
		check->link_seen[link - check->manifest->links] = true;
	return rc == 0 ? verify_link(check->tree, path, check->problems, err) : rc;
}

static int check_special(const struct check *check, const char *path, mode_t mode, struct err *err)
{
	const char *kind = S_ISCHR(mode) || S_ISBLK(mode) ? "device"
			   : S_ISFIFO(mode)               ? "FIFO"
			   : S_ISSOCK(mode)               ? "socket"
							  : "file of no known kind";

	return verify_add(check->problems, err, path, "a %s", kind);
}

static int visit(const char *path, const struct stat *st, void *context, struct err *err)
{
	const struct check *check = context;
	int rc;

	if (run_cancelled(check->cancel))
		return err_set(err, ECANCELED, "interrupted");
	rc = check_rights(check, path, st, err);
	if (rc < 0 || S_ISDIR(st->st_mode))
		return rc;
	if (S_ISREG(st->st_mode))
		return check_file(check, path, err);
	if (S_ISLNK(st->st_mode))
		return check_link(check, path, err);
	return check_special(check, path, st->st_mode, err);
}

static int report_missing(const struct check *check, struct err *err)
{
	const struct manifest *manifest = check->manifest;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < manifest->file_count; i++)
		if (!check->file_seen[i])
			rc = verify_add(check->problems, err, manifest->files[i].path, "missing");
	for (size_t i = 0; rc == 0 && i < manifest->link_count; i++)
		if (!check->link_seen[i])
			rc = verify_add(check->problems, err, manifest->links[i].name, "missing");
	return rc;
}

int verify_files(int tree, int cancel, const struct manifest *manifest, struct verify_problems *problems,
	struct err *err)
{
	__attribute__((cleanup(check_free))) struct check check = {
		.tree = tree,
		.cancel = cancel,
		.manifest = manifest,
		.file_seen = calloc(manifest->file_count + 1, sizeof(bool)),
		.link_seen = calloc(manifest->link_count + 1, sizeof(bool)),
		.problems = problems,
	};
	int rc;

	if (!check.file_seen || !check.link_seen)
		return err_errno(err, ENOMEM, "the files");
	rc = walk(tree, visit, &check, err);
	return rc == 0 ? report_missing(&check, err) : rc;
}
