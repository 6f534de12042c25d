/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include "err.h"
#include "io.h"
#include "mountinfo.h"
#include "path.h"
#include "target.h"
#include "util.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

/* "5:cpu,cpuacct:/path", "0::/path": the path may hold colons. False: not such a line. */
static bool parse_line(char *line, struct cgroup_place *ret)
{
	char *number = strsep(&line, ":"), *controllers = line ? strsep(&line, ":") : NULL;

	if (!line || line[0] != '/' || !*number)
		return false;
	*ret = (struct cgroup_place){.controllers = controllers, .path = line};
	return true;
}

/* Of several controllers, which one hierarchy has, any will do. */
static bool is_mount_of(const struct mount_entry *entry, const char *controllers)
{
	char first[64];

	if (!*controllers)
		return strcmp(entry->type, "cgroup2") == 0;
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(controllers, ","), controllers);
	return strcmp(entry->type, "cgroup") == 0 && mountinfo_has_option(entry->super, first);
}

/* What is left of PATH below ROOT, the directory that is mounted: by whole components. Null: it is not below it. */
static const char *below(const char *path, const char *root)
{
	size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);

	if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
		return NULL;
	path += length;
	return path + strspn(path, "/");
}

/* The kernel shows what is outside of our cgroup namespace as "/../..". */
static bool is_outside(const char *path)
{
	return strcmp(path, "/..") == 0 || strncmp(path, "/../", 4) == 0;
}

/* Finds the places of LINES that are mounted at ENTRY, and gives each the first that fits. */
static void take_mount(const struct mount_entry *entry, struct cgroup_place *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *path = lines[i].point || is_outside(lines[i].path) ||
						   !is_mount_of(entry, lines[i].controllers)
					   ? NULL
					   : below(lines[i].path, entry->root);

		if (!path)
			continue;
		lines[i].path = path;
		lines[i].point = entry->point;
	}
}

static int parse_membership(char *text, struct cgroup_place *places, size_t *ret_count, struct err *err)
{
	size_t count = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (!*line)
			continue;
		if (count == CGROUP_LIMIT)
			return err_set(err, E2BIG, "more than %d control groups", CGROUP_LIMIT);
		if (!parse_line(line, &places[count++]))
			return err_set(err, EINVAL, "/proc/PID/cgroup: a line that is none");
	}
	*ret_count = count;
	return 0;
}

int cgroup_find(
	char *membership, char *table, struct cgroup_place *places, size_t *ret_count, struct err *err)
{
	struct mount_entry entry;
	size_t count = 0, found = 0;
	bool outside = false;
	int rc = parse_membership(membership, places, &count, err);

	if (rc < 0)
		return rc;
	while (mountinfo_next(&table, &entry))
		take_mount(&entry, places, count);
	for (size_t i = 0; i < count; i++) {
		outside = outside || is_outside(places[i].path);
		if (places[i].point)
			places[found++] = places[i];
	}
	if (outside)
		return err_set(err, EXDEV,
			"the container's control group is outside of the cgroup namespace that dbg-inject "
			"runs in");
	if (!found)
		return err_set(err, ENOENT, "no control group of the container's is mounted here");
	*ret_count = found;
	return 0;
}

int cgroup_open_directory(const struct cgroup_place *place, size_t length, struct err *err)
{
	cleanup_fd int mount = open(place->point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *path = strndup(place->path, length);
	struct statfs fs;
	int fd;

	if (!path)
		return err_errno(err, ENOMEM, "open %s", place->point);
	if (mount < 0 || fstatfs(mount, &fs) < 0)
		return err_errno(err, errno, "open %s", place->point);
	if (fs.f_type != (*place->controllers ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return err_set(err, ENOTSUP, "%s is covered by something else", place->point);
	fd = path_open_beneath(mount, *path ? path : ".", O_PATH | O_DIRECTORY);
	return fd < 0 ? err_errno(err, -fd, "open the control group %s/%s", place->point, path) : fd;
}

static int open_place(const struct cgroup_place *place, struct cgroups *cgroups, struct err *err)
{
	int fd = cgroup_open_directory(place, strlen(place->path), err);

	if (fd < 0)
		return fd;
	cgroups->list[cgroups->count++] = fd;
	return 0;
}

int cgroup_read(int proc, char **ret_membership, char **ret_table, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (self < 0)
		return err_errno(err, errno, "open /proc/self");
	rc = io_read_file(proc, "cgroup", CGROUP_SIZE_LIMIT, ret_membership, NULL, err);
	return rc == 0 ? target_read_mounts(self, ret_table, err) : rc;
}

int cgroup_open(int proc, struct cgroups *ret, struct err *err)
{
	cleanup_free char *membership = NULL, *table = NULL;
	cleanup_cgroups struct cgroups cgroups = {.count = 0};
	struct cgroup_place places[CGROUP_LIMIT];
	size_t count = 0;
	int rc = cgroup_read(proc, &membership, &table, err);

	if (rc == 0)
		rc = cgroup_find(membership, table, places, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = open_place(&places[i], &cgroups, err);
	if (rc == 0) {
		*ret = cgroups;
		cgroups.count = 0;
	}
	return rc;
}

void cgroup_close(struct cgroups *cgroups)
{
	for (size_t i = 0; i < cgroups->count; i++)
		close_keep_errno(&cgroups->list[i]);
	cgroups->count = 0;
}

static bool has_text(int directory, const char *file, const char *part)
{
	cleanup_free char *text = NULL;

	return io_read_file(directory, file, 4096, &text, NULL, ERR_IGNORED) == 0 && strstr(text, part);
}

int cgroup_check_thawed(const struct cgroups *cgroups, struct err *err)
{
	for (size_t i = 0; i < cgroups->count; i++) {
		int fd = cgroups->list[i];

		if (has_text(fd, "cgroup.events", "frozen 1") || has_text(fd, "freezer.state", "FREEZING") ||
			has_text(fd, "freezer.state", "FROZEN"))
			return err_set(err, EAGAIN,
				"the container is paused, and what joins its control group would be too: "
				"use --cgroup host");
	}
	return 0;
}

int cgroup_join(const struct cgroups *cgroups, pid_t pid, struct err *err)
{
	char digits[16];
	int length = snprintf(digits, sizeof(digits), "%d", pid);

	for (size_t i = 0; i < cgroups->count; i++) {
		cleanup_fd int fd =
			openat(cgroups->list[i], "cgroup.procs", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0 || write(fd, digits, (size_t)length) != length)
			return err_errno(err, errno, "join the container's control group%s",
				errno == EOPNOTSUPP || errno == EBUSY ? ", which takes no processes" : "");
	}
	return 0;
}
