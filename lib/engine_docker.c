/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine_docker.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "path.h"
#include "state.h"
#include "trusted.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

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

static int read_name(int containers, const char *id, char **ret, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	if (containers < 0)
		return containers;
	rc = trusted_read_in(containers, id, "config.v2.json", DOCKER_CONFIG_SIZE_LIMIT, &text, &length, err);
	return rc < 0 ? rc : docker_parse(text, length, id, ret, err);
}

/* "100000.100000" */
static bool is_remapped(const char *name)
{
	size_t first = strspn(name, "0123456789");
	size_t second = name[first] == '.' ? strspn(name + first + 1, "0123456789") : 0;

	return first && second && name[first + 1 + second] == '\0';
}

static int open_containers(int root, const char *data_root, const char *below)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s%s/containers", data_root, below) >= sizeof(path))
		return -ENAMETOOLONG;
	return trusted_open(root, path, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
}

void docker_open(int root, const char *data_root, struct docker_root *ret)
{
	cleanup_fd int fd = trusted_open(root, data_root, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	DIR *stream = fd < 0 ? NULL : io_open_stream(fd, ".");
	struct dirent *entry;

	ret->list[0] = open_containers(root, data_root, "");
	ret->count = 1;
	while (stream && ret->count < ARRAY_SIZE(ret->list) && (entry = readdir(stream))) {
		char below[300];

		snprintf(below, sizeof(below), "/%s", entry->d_name);
		if (is_remapped(entry->d_name))
			ret->list[ret->count++] = open_containers(root, data_root, below);
	}
	if (stream)
		closedir(stream);
}

void docker_close(struct docker_root *docker)
{
	for (size_t i = 0; i < docker->count; i++)
		close_keep_errno(&docker->list[i]);
	docker->count = 0;
}

int docker_name(const struct docker_root *docker, const char *id, char **ret, struct err *err)
{
	int rc = -ENOENT;

	if (docker->count && path_is_id(id))
		rc = read_name(docker->list[0], id, ret, err);
	if (rc != -ENOENT)
		return rc;
	for (size_t i = 1; rc < 0 && i < docker->count; i++)
		rc = read_name(docker->list[i], id, ret, err);
	return rc < 0 ? err_errno(err, ENOENT, "docker's file of %s", id) : 0;
}
