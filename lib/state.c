/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state.h"

#include "err.h"
#include "path.h"
#include "util.h"

#include <limits.h>
#include <string.h>

static int take_pid(const struct json *value, pid_t *ret, struct err *err)
{
	int64_t number = 0;

	*ret = 0;
	if (!value)
		return 0;
	if (!json_number(value, &number) || number < 0 || number > INT_MAX)
		return err_set(err, EINVAL, "state: pid is not a process id");
	*ret = (pid_t)number;
	return 0;
}

/* What is needed of a container that lives. Of one that has stopped it may be as wrong as it likes: it has to go. */
static int check_process(const struct json *document, struct container *container, struct err *err)
{
	const char *bundle = container->bundle;
	bool is_path = !bundle || (bundle[0] == '/' && strlen(bundle) < PATH_MAX);

	if (!is_path)
		container->bundle = NULL;
	if (strcmp(container->status, "stopped") == 0)
		return 0;
	if (!is_path)
		return err_set(err, EINVAL, "state: the bundle is not an absolute path");
	return take_pid(json_get(document, "pid"), &container->pid, err);
}

int state_parse(const char *text, size_t length, struct container *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;
	struct container container = CONTAINER_NONE;

	if (length == 0)
		return err_set(err, EINVAL,
			"state: nothing on standard input: only a container runtime calls this program");
	if (json_parse(text, length, &document, err) < 0)
		return err_prefix(err, "state");
	if (!json_is_object(document))
		return err_set(err, EINVAL, "state: not an object");
	container.id = json_string(json_get(document, "id"));
	container.status = json_string(json_get(document, "status"));
	container.bundle = json_string(json_get(document, "bundle"));
	container.root = json_string(json_get(document, "root"));
	container.annotations = json_get(document, "annotations");
	if (!json_is_object(container.annotations))
		container.annotations = NULL;
	if (!container.id)
		return err_set(err, EINVAL, "state: no id");
	if (!path_is_id(container.id))
		return err_set(err, EINVAL, "state: an id that cannot be a file's name: %s", container.id);
	if (!container.status)
		return err_set(err, EINVAL, "state: no status");
	if (check_process(document, &container, err) < 0)
		return -EINVAL;
	container.document = TAKE_PTR(document);
	*ret = container;
	return 0;
}

void state_release(struct container *container)
{
	json_free(container->document);
	*container = CONTAINER_NONE;
}

static int parse_config(
	const char *text, size_t length, const char *const *keys, struct config *ret, struct err *err)
{
	cleanup_json struct json *document = NULL;

	if (json_parse_members(text, length, keys, &document, err) < 0)
		return err_prefix(err, "config.json");
	if (!json_is_object(document))
		return err_set(err, EINVAL, "config.json: not an object");
	ret->root = json_string(json_get(json_get(document, "root"), "path"));
	ret->annotations = json_get(document, "annotations");
	ret->document = TAKE_PTR(document);
	return 0;
}

int config_parse(const char *text, size_t length, struct config *ret, struct err *err)
{
	return parse_config(text, length, NULL, ret, err);
}

int config_peek(const char *text, size_t length, struct config *ret, struct err *err)
{
	static const char *const keys[] = {"root", "annotations", NULL};

	return parse_config(text, length, keys, ret, err);
}

void config_release(struct config *config)
{
	json_free(config->document);
	*config = CONFIG_NONE;
}

static const char *annotation(const struct json *annotations, const char *key)
{
	return json_string(json_get(annotations, key));
}

const char *state_engine(const struct json *annotations, const char *bundle)
{
	const char *manager = annotation(annotations, "io.container.manager");

	if (manager && strcmp(manager, "libpod") == 0)
		return "podman";
	if (manager && strcmp(manager, "cri-o") == 0)
		return "crio";
	/* podman leaves the manager out of the state at its own poststop, CRI-O of old always. */
	if (annotation(annotations, "io.kubernetes.cri-o.ContainerID"))
		return "crio";
	if (annotation(annotations, "io.podman.annotations.autoremove"))
		return "podman";
	if (annotation(annotations, "io.kubernetes.cri.container-type") ||
		annotation(annotations, "nerdctl/name"))
		return "containerd";
	if (bundle && strstr(bundle, "/io.containerd.runtime.v2.task/moby/"))
		return "docker";
	if (bundle && strstr(bundle, "/io.containerd.runtime.v2.task/"))
		return "containerd";
	return "unknown";
}

const char *state_name(const struct json *annotations)
{
	static const char *const keys[] = {
		"io.kubernetes.cri-o.Name",
		"io.kubernetes.cri.container-name",
		"nerdctl/name",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *name = annotation(annotations, keys[i]);

		if (name && *name && strlen(name) <= STATE_NAME_LIMIT)
			return name;
	}
	return NULL;
}

bool state_is_sandbox(const struct json *annotations)
{
	const char *crio = annotation(annotations, "io.kubernetes.cri-o.ContainerType");
	const char *containerd = annotation(annotations, "io.kubernetes.cri.container-type");

	return (crio && strcmp(crio, "sandbox") == 0) || (containerd && strcmp(containerd, "sandbox") == 0);
}
