/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include "baseline.h"
#include "err.h"
#include "io.h"
#include "path.h"
#include "pod.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

void record_set_pod(struct record *record, const struct pod *pod)
{
	record->pod = pod->name;
	record->pod_namespace = pod->namespace;
	record->pod_container = pod->container;
}

/* "<id>.json" in BUFFER; an id is at most 200 bytes. */
static int file_name(char buffer[256], const char *id, struct err *err)
{
	if (!path_is_id(id))
		return err_set(err, EINVAL, "not a container id: %s", id);
	snprintf(buffer, 256, "%s.json", id);
	return 0;
}

int record_read(int dirfd, const char *id, struct record *ret, struct err *err)
{
	cleanup_free char *text = NULL;
	char name[256];
	size_t length = 0;
	int rc = file_name(name, id, err);

	if (rc == 0)
		rc = io_read_file(dirfd, name, RECORD_SIZE_LIMIT, &text, &length, err);
	if (rc < 0)
		return rc;
	return record_parse(text, length, id, ret, err);
}

int record_read_regular(int dirfd, const char *id, struct record *ret, struct err *err)
{
	char name[256], text[4096]; /* a record has some 400 bytes */
	cleanup_fd int fd = FD_NONE;
	ssize_t length;
	int rc = file_name(name, id, err);

	if (rc < 0)
		return rc;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_errno(err, errno, "open %s", name);
	length = read(fd, text, sizeof(text));
	if (length < 0 || (size_t)length == sizeof(text))
		return record_read(dirfd, id, ret, err);
	return record_parse(text, (size_t)length, id, ret, err);
}

bool record_is_none(int rc)
{
	return rc == -ENOENT || rc == -EINVAL || rc == -EFBIG || rc == -E2BIG || rc == -ELOOP;
}

int record_find(int dirfd, const char *id, struct record *ret, struct err *err)
{
	struct err problem = {0};
	int rc = record_read_regular(dirfd, id, ret, &problem);

	if (record_is_none(rc))
		return 0;
	if (rc < 0) {
		*err = problem;
		return rc;
	}
	return 1;
}

int record_write(int dirfd, const struct record *record, struct err *err)
{
	cleanup_free char *text = NULL;
	char name[256];
	size_t length = 0;
	int rc = file_name(name, record->id, err);

	if (rc == 0)
		rc = record_format(record, &text, &length, err);
	if (rc < 0)
		return rc;
	return io_write_file(dirfd, name, 0600, text, length, err);
}

int record_remove(int dirfd, const char *id, struct err *err)
{
	char name[256], temporary[258];
	int rc = file_name(name, id, err);

	if (rc < 0)
		return rc;
	/* First: what is left of it is found by the record. */
	rc = baseline_remove(dirfd, id, err);
	if (rc < 0)
		return rc;
	/* What a writer that was killed has left. */
	snprintf(temporary, sizeof(temporary), ".%s", name);
	unlinkat(dirfd, temporary, 0);
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return err_errno(err, errno, "remove the record of %s", id);
	return 0;
}
