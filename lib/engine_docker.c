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

static int read_name(int root, const char *data_root, const char *id, char **ret, struct err *err)
{
	cleanup_free char *text = NULL;
	char path[PATH_MAX];
	size_t length;
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", data_root, id) >=
		sizeof(path))
		return err_errno(err, ENAMETOOLONG, "%s", data_root);
	rc = trusted_read(root, path, DOCKER_CONFIG_SIZE_LIMIT, &text, &length, err);
	return rc < 0 ? rc : docker_parse(text, length, id, ret, err);
}

/* "100000.100000" */
static bool is_remapped(const char *name)
{
	size_t first = strspn(name, "0123456789");
	size_t second = name[first] == '.' ? strspn(name + first + 1, "0123456789") : 0;

	return first && second && name[first + 1 + second] == '\0';
}

int docker_name(int root, const char *data_root, const char *id, char **ret, struct err *err)
{
	int rc = path_is_id(id) ? read_name(root, data_root, id, ret, err) : -ENOENT;
	cleanup_fd int fd = FD_NONE;
	struct dirent *entry;
	char path[PATH_MAX];
	DIR *stream;

	if (rc != -ENOENT)
		return rc;
	fd = trusted_open(root, data_root, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	stream = fd < 0 ? NULL : io_open_stream(fd, ".");
	for (int i = 0; stream && rc < 0 && i < DOCKER_REMAPPED_LIMIT && (entry = readdir(stream)); i++)
		if (is_remapped(entry->d_name) && (size_t)snprintf(path, sizeof(path), "%s/%s", data_root,
							  entry->d_name) < sizeof(path))
			rc = read_name(root, path, id, ret, err);
	if (stream)
		closedir(stream);
	return rc < 0 ? err_errno(err, ENOENT, "docker's file of %s", id) : 0;
}
