/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image.h"

#include "err.h"
#include "hash.h"
#include "image_file.h"
#include "image_format.h"
#include "manifest.h"
#include "run.h"
#include "util.h"
#include "walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Names are padded to four bytes behind eight of their own, and directories are seldom full: twice that is enough. */
static int measure(const char *path, const struct stat *st, void *context, struct err *err)
{
	struct image_job *job = context;

	(void)err;
	job->inodes++;
	job->content += 2 * (strlen(path) + 16);
	if (S_ISREG(st->st_mode) && st->st_mtime > job->newest)
		job->newest = st->st_mtime;
	if (!S_ISREG(st->st_mode))
		job->content += 4096;
	else
		job->content += ((uint64_t)st->st_size + 4095) / 4096 * 4096;
	return 0;
}

/* Made of the manifest, which has the hash of each file: so equal trees have equal ones, and others have others. */
static int name_content(int tree, char uuid[37], struct err *err)
{
	cleanup_fd int manifest = openat(tree, MANIFEST_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char hash[HASH_TEXT];
	struct stat st;
	int rc = manifest < 0 || fstat(manifest, &st) < 0 ? -errno : hash_file(manifest, st.st_size, hash);

	if (rc < 0)
		return err_errno(err, -rc, "read %s", MANIFEST_NAME);
	/* Version 8 of RFC 9562: what is in it is the maker's business. */
	snprintf(uuid, 37, "%.8s-%.4s-8%.3s-8%.3s-%.12s", hash, hash + 8, hash + 12, hash + 15, hash + 18);
	return 0;
}

static int look_at_tree(const char *path, struct image_job *job, struct err *err)
{
	int rc;

	job->tree = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (job->tree < 0)
		return err_errno(err, errno, "open it");
	if (!manifest_is_ours(job->tree))
		return err_set(err, ENOTDIR, "not a tree of dbg-tools: it has no " MANIFEST_NAME " of ours");
	job->newest = 1;
	rc = name_content(job->tree, job->uuid, err);
	return rc == 0 ? walk(job->tree, measure, job, err) : rc;
}

/*
 * SOURCE_DATE_EPOCH: mkfs.erofs and mksquashfs take it for the time of making and for the latest that a file can have:
 * directories and links are as old as the tree. E2FSPROGS_FAKE_TIME, MKE2FS_CONFIG: mke2fs, debugfs and resize2fs.
 */
static int set_environment(const struct image_job *job, struct err *err)
{
	cleanup_free char *newest = util_printf("%lld", (long long)job->newest);

	if (!newest || setenv("SOURCE_DATE_EPOCH", newest, 1) < 0 ||
		setenv("E2FSPROGS_FAKE_TIME", newest, 1) < 0 || setenv("MKE2FS_CONFIG", "/dev/null", 1) < 0 ||
		setenv("LC_ALL", "C", 1) < 0)
		return err_errno(err, ENOMEM, "environment");
	return 0;
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = end ? strlen(end) : 0;

	return end && length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* By its name, or where that is null by what OUTPUT ends in. Null: none is asked for. */
static const struct image_format *find(const char *type, const char *output)
{
	for (size_t i = 0; i < ARRAY_SIZE(image_formats); i++) {
		const struct image_format *format = &image_formats[i];

		if (type ? strcmp(type, format->name) == 0
			 : output && (ends_in(output, format->suffixes[0]) ||
					     ends_in(output, format->suffixes[1])))
			return format;
	}
	return NULL;
}

bool image_is_type(const char *type)
{
	return find(type, NULL) != NULL;
}

/* The first whose program is here. */
static int make_any(const struct image_job *job, const struct image_format **ret, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(image_formats); i++) {
		struct err failure = {0};
		int rc = image_formats[i].make(job, &failure);

		if (rc == -ENOENT)
			continue;
		if (rc < 0)
			*err = failure;
		else
			*ret = &image_formats[i];
		return rc;
	}
	return err_set(err, ENOENT,
		"none of mkfs.erofs, mksquashfs and mke2fs is found on PATH: install the package "
		"erofs-utils, "
		"squashfs-tools or e2fsprogs");
}

static int make(const struct image *image, struct image_job *job, struct image_file *file,
	struct image_result *ret, struct err *err)
{
	const struct image_format *format = find(image->type, image->output);
	int rc = image_file_begin(file, image->output, image->force, job->tree, err);

	if (rc < 0)
		return rc;
	job->directory = file->parent;
	job->file = file->path;
	rc = set_environment(job, err);
	if (rc == 0)
		rc = format ? format->make(job, err) : make_any(job, &format, err);
	if (rc == 0 && run_cancelled(image->cancel))
		rc = err_set(err, ECANCELED, "interrupted");
	if (rc == 0)
		rc = image_file_commit(file, &ret->size, &ret->verity, err);
	if (rc == 0)
		ret->type = format->name;
	return rc;
}

int image_make(const struct image *image, struct image_result *ret, struct err *err)
{
	cleanup_image_file struct image_file file = IMAGE_FILE_NONE;
	cleanup_free char *tree = realpath(image->tree, NULL);
	struct image_job job = {.path = tree, .tree = FD_NONE, .cancel = image->cancel};
	struct image_result result = {0};
	int rc = tree ? look_at_tree(tree, &job, err) : err_errno(err, errno, "open it");

	if (rc < 0)
		(void)err_prefix(err, "%s", image->tree);
	else if ((rc = make(image, &job, &file, &result, err)) < 0)
		(void)err_prefix(err, "%s", image->output);
	else
		*ret = result;
	close_keep_errno(&job.tree);
	return rc;
}
