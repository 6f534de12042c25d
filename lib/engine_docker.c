/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_docker.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "path.h"
#include "sources.h"
#include "state.h"
#include "trusted.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int docker_parse(const char *text, size_t length, const char *id, char **ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	const char *owner, *name;
	char *copy;

	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "docker's file of %s", id);
	owner = json_string(json_get(document, "ID"));
	name = json_string(json_get(document, "Name"));
	if (!owner || strcmp(owner, id) != 0)
		return err_set(err, EINVAL, "docker's file of %s is not about this container", id);
	if (!name || name[0] != '/' || !name[1] || strlen(name) > STATE_NAME_LIMIT)
		return err_set(err, EINVAL, "docker's file of %s has no name", id);
	copy = strdup(name + 1);
	if (!copy)
		return err_errno(err, ENOMEM, "read docker's file of %s", id);
	*ret = copy;
	return 0;
}

/* What is there and not believed may be so after a change of a directory above it. */
static int read_name(const struct docker_directory *containers, const char *id, struct sources *sources,
	char **ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	if (containers->fd < 0)
		return containers->fd;
	if (sources) {
		cleanup_free char *path =
			containers->path ? util_printf("%s/%s/config.v2.json", containers->path, id) : NULL;

		if (path)
			sources_add(sources, path);
		else
			sources_doubt(sources);
	}
	rc = trusted_read_in(
		containers->fd, id, "config.v2.json", DOCKER_CONFIG_SIZE_LIMIT, &text, &length, err);
	if (rc < 0 && rc != -ENOENT)
		sources_doubt(sources);
	return rc < 0 ? rc : docker_parse(text, length, id, ret, err);
}

/* "100000.100000" */
static bool is_remapped(const char *name)
{
	size_t first = strspn(name, "0123456789");
	size_t second = name[first] == '.' ? strspn(name + first + 1, "0123456789") : 0;

	return first && second && name[first + 1 + second] == '\0';
}

/* In DIRECTORY, which is at PATH and believed: so most often no more is to be checked. */
static int open_inner(int root, int directory, const char *path)
{
	cleanup_fd int fd = path_open_beneath(directory, "containers", O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	struct stat st;

	if (fd == -ENOENT || (fd >= 0 && fstat(fd, &st) == 0 && path_check_stat(&st, path, ERR_IGNORED) == 0))
		return fd < 0 ? fd : TAKE_FD(fd);
	return trusted_open(root, path, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
}

/* DIRECTORY is at PATH, and believed. */
static void add_containers(
	int root, int directory, const char *path, struct sources *sources, struct docker_root *docker)
{
	struct docker_directory *each = &docker->list[docker->count++];

	each->path = util_printf("%s/containers", path);
	each->fd = each->path ? open_inner(root, directory, each->path) : -ENOMEM;
	if (each->fd == -ENOENT)
		sources_add(sources, each->path);
	else if (each->fd < 0)
		sources_doubt(sources);
}

static void add_remapped(int root, const char *data_root, const char *name, struct sources *sources,
	struct docker_root *docker)
{
	cleanup_free char *path = util_printf("%s/%s", data_root, name);
	cleanup_fd int fd = path ? trusted_open(root, path, O_RDONLY | O_DIRECTORY, ERR_IGNORED) : -ENOMEM;

	if (fd < 0)
		sources_doubt(sources);
	else
		add_containers(root, fd, path, sources, docker);
}

void docker_open(int root, const char *data_root, struct sources *sources, struct docker_root *ret)
{
	cleanup_fd int fd = FD_NONE;
	DIR *stream;
	struct dirent *entry;

	ret->count = 0;
	sources_add(sources, data_root);
	fd = trusted_open(root, data_root, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	if (fd < 0) {
		if (fd != -ENOENT)
			sources_doubt(sources);
		return;
	}
	add_containers(root, fd, data_root, sources, ret);
	stream = io_open_stream(fd, ".");
	while (stream && ret->count < ARRAY_SIZE(ret->list) && (entry = readdir(stream)))
		if (is_remapped(entry->d_name))
			add_remapped(root, data_root, entry->d_name, sources, ret);
	if (stream)
		closedir(stream);
}

void docker_close(struct docker_root *docker)
{
	for (size_t i = 0; i < docker->count; i++) {
		close_keep_errno(&docker->list[i].fd);
		free(docker->list[i].path);
	}
	docker->count = 0;
}

int docker_name(const struct docker_root *docker, const char *id, struct sources *sources, char **ret,
	struct err *err)
{
	int rc = -ENOENT;

	if (docker->count && path_is_id(id))
		rc = read_name(&docker->list[0], id, sources, ret, err);
	if (rc != -ENOENT)
		return rc;
	for (size_t i = 1; rc < 0 && i < docker->count; i++)
		rc = read_name(&docker->list[i], id, sources, ret, err);
	return rc < 0 ? err_errno(err, ENOENT, "docker's file of %s", id) : 0;
}
