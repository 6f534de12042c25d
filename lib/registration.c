/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "registration.h"

#include "err.h"
#include "util.h"

#include <string.h>

static const char *const stages[] = {"prestart", "createRuntime", "createContainer", "startContainer",
	"poststart", "poststop", "precreate"};

const char *registration_stage_name(unsigned int number)
{
	return number < ARRAY_SIZE(stages) ? stages[number] : NULL;
}

static bool is_known_type(const struct json *value, bool (*is_type)(const struct json *))
{
	return !value || json_is_null(value) || is_type(value);
}

/* Nothing, or an array of strings. */
static bool is_strings(const struct json *value)
{
	if (!is_known_type(value, json_is_array))
		return false;
	for (const struct json *each = json_first(value); each; each = json_next(each))
		if (!json_string(each))
			return false;
	return true;
}

static int check_hook(const struct json *hook, struct registration *ret, struct err *err)
{
	const struct json *timeout = json_get(hook, "timeout");
	const char *name;
	int64_t seconds;

	ret->path = json_string(json_get(hook, "path"));
	if (!ret->path || ret->path[0] != '/')
		return err_set(err, EINVAL, "hook.path is no absolute path");
	if (!is_strings(json_get(hook, "args")) || !is_strings(json_get(hook, "env")))
		return err_set(err, EINVAL, "hook.args and hook.env are lists of texts");
	ret->has_timeout = timeout && !json_is_null(timeout);
	if (ret->has_timeout && (!json_number(timeout, &seconds) || seconds <= 0))
		return err_set(err, EINVAL, "hook.timeout is no number of seconds");
	name = strrchr(ret->path, '/') + 1;
	ret->is_ours = strcmp(name, "oci-crashcart-hook") == 0;
	return 0;
}

/* When to call it: all conditions hold together, and there has to be one. */
static int check_when(const struct json *when, struct err *err)
{
	if (!json_is_object(when) || !json_first(when))
		return err_set(err, EINVAL, "it says nothing under \"when\"");
	if (!is_strings(json_get(when, "commands")))
		return err_set(err, EINVAL, "when.commands is no list of texts");
	return 0;
}

static int check_stages(
	const struct json *list, bool has_precreate, struct registration *ret, struct err *err)
{
	size_t known = ARRAY_SIZE(stages) - !has_precreate;

	if (!is_strings(list) || !json_first(list))
		return err_set(err, EINVAL, "it names no stages");
	for (const struct json *each = json_first(list); each; each = json_next(each)) {
		size_t i = 0;

		while (i < known && strcmp(stages[i], json_string(each)) != 0)
			i++;
		if (i == known)
			return err_set(err, EINVAL, "an unknown stage, %s", json_string(each));
		ret->stages |= 1U << i;
	}
	return 0;
}

int registration_parse(
	const char *text, size_t length, bool has_precreate, struct registration *ret, struct err *err)
{
	cleanup_registration struct registration registration = REGISTRATION_NONE;
	const char *version;
	int rc = json_parse(text, length, &registration.document, err);

	if (rc < 0)
		return err_set(err, EINVAL, "no JSON");
	version = json_string(json_get(registration.document, "version"));
	if (!version || strcmp(version, "1.0.0") != 0)
		return err_set(err, EINVAL, "its version is not 1.0.0");
	rc = check_hook(json_get(registration.document, "hook"), &registration, err);
	if (rc == 0)
		rc = check_when(json_get(registration.document, "when"), err);
	if (rc == 0)
		rc = check_stages(
			json_get(registration.document, "stages"), has_precreate, &registration, err);
	if (rc < 0)
		return rc;
	*ret = registration;
	registration = REGISTRATION_NONE;
	return 0;
}

void registration_release(struct registration *registration)
{
	json_free(registration->document);
	*registration = REGISTRATION_NONE;
}
