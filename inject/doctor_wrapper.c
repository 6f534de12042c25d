/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The runtime wrapper, where engines name it; and docker, which has no other way. */
#include "bounds.h"
#include "doctor.h"

#include "../runtime/search.h"
#include "io.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

bool doctor_is_wrapper(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, DOCTOR_WRAPPER) == 0;
}

bool doctor_wrapper(struct doctor *doctor, const char *engine, const char *path)
{
	char found[1024] = "", real[PATH_MAX] = "";
	struct err err = {0};

	if (strchr(path, '/') || !doctor_find_program(path, found, sizeof(found)))
		snprintf(found, sizeof(found), "%s", path);
	if (doctor_check_program(found, &err) < 0) {
		doctor_say(doctor, DOCTOR_ERROR, engine,
			"install it, make install: until then no container of that runtime starts",
			"it has a runtime that cannot be run, or is not to be: %s", err.text);
		return false;
	}
	if (search_runtime(doctor->context->policy.runtimes, found, real, &err) < 0)
		doctor_say(doctor, DOCTOR_ERROR, engine, "until then no container of that runtime starts",
			"behind %s %s", found, err.text);
	return *real;
}

/* A runtime of daemon.json that is our wrapper: its name and its path, the document's. */
static bool find_docker_runtime(const struct json *document, const char **ret_name, const char **ret_path)
{
	const struct json *each = json_first(json_get(document, "runtimes"));

	for (; each; each = json_next(each)) {
		const char *path = json_string(json_get(each, "path"));

		if (path && doctor_is_wrapper(path)) {
			*ret_name = json_key(each);
			*ret_path = path;
			return true;
		}
	}
	return false;
}

static void say_docker(struct doctor *doctor, const struct json *document)
{
	const char *name, *path, *standard = json_string(json_get(document, "default-runtime"));

	if (!find_docker_runtime(document, &name, &path))
		doctor_say(doctor, DOCTOR_WARNING, "docker",
			"name it in /etc/docker/daemon.json, see oci-crashcart(7); without it, dbg-inject "
			"moves "
			"the tools into running containers",
			DOCTOR_WRAPPER " is no runtime of docker's: containers start without the mount");
	else if (!doctor_wrapper(doctor, "docker", path))
		return;
	else if (!standard || strcmp(standard, name) != 0)
		doctor_say(doctor, DOCTOR_OK, "docker", NULL,
			DOCTOR_WRAPPER
			" is the runtime %s, for containers that ask for it: docker run --runtime %s",
			name, name);
	else
		doctor_say(doctor, DOCTOR_OK, "docker", NULL, DOCTOR_WRAPPER " is the default runtime, %s",
			name);
}

void doctor_docker(struct doctor *doctor)
{
	cleanup_json struct json *document = NULL;
	cleanup_free char *text = NULL;
	struct err err = {0};
	char path[128];
	size_t length;
	int rc;

	if (!doctor_find_program("dockerd", path, sizeof(path)))
		return;
	rc = io_read_file(AT_FDCWD, "/etc/docker/daemon.json", DOCTOR_JSON_SIZE_LIMIT, &text, &length, &err);
	if (rc == 0)
		rc = json_parse(text, length, &document, &err);
	if (rc < 0 && rc != -ENOENT)
		doctor_say(doctor, DOCTOR_ERROR, "docker", "dockerd does not take it either",
			"/etc/docker/daemon.json: %s", err.text);
	else
		say_docker(doctor, document);
}
