/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of hooks directories: which an engine takes, and which keep it from starting any container. */
#include "err.h"
#include "registration.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, bool has_precreate, struct registration *ret, struct err *err)
{
	char *exact = tap_exact(text, strlen(text));
	int rc;

	*err = (struct err){0};
	*ret = REGISTRATION_NONE;
	rc = registration_parse(exact, strlen(text), has_precreate, ret, err);
	free(exact);
	if (rc < 0 ? rc != -EINVAL || err->number != EINVAL || ret->document : err->number)
		abort();
	return rc;
}

#define HOOK "\"hook\": {\"path\": \"/usr/libexec/oci/hooks.d/oci-crashcart-hook\"}"
#define WHEN "\"when\": {\"always\": true}"

static void test_good(void)
{
	struct registration registration;
	struct err err;

	tap_number(parse("{\"version\": \"1.0.0\", " HOOK ", " WHEN
			 ", \"stages\": [\"prestart\", \"poststop\"], \"other\": 1}",
			   false, &registration, &err),
		0, "ours");
	tap_ok(registration.is_ours, "it is told by the hook's name");
	tap_ok(!registration.has_timeout, "without a timeout");
	tap_string(registration.path, "/usr/libexec/oci/hooks.d/oci-crashcart-hook", "its path");
	tap_number(registration.stages, REGISTRATION_PRESTART | REGISTRATION_POSTSTOP, "its stages");
	registration_release(&registration);
	tap_number(parse("{\"version\": \"1.0.0\", \"hook\": {\"path\": \"/x\", \"args\": [\"x\"], \"env\": "
			 "null, "
			 "\"timeout\": 3}, \"when\": {\"commands\": [\"^/x\"]}, \"stages\": [\"precreate\"]}",
			   true, &registration, &err),
		0, "podman's own stage");
	tap_ok(!registration.is_ours, "another's hook");
	tap_ok(registration.has_timeout, "with a timeout");
	tap_number(registration.stages, REGISTRATION_PRECREATE, "the stage precreate");
	registration_release(&registration);
}

static void test_wrong(const char *text, const char *part)
{
	struct registration registration;
	struct err err;

	tap_number(parse(text, false, &registration, &err), -EINVAL, "%s", text);
	tap_contains(err.text, part, "its reason");
}

int main(void)
{
	test_good();
	test_wrong("", "no JSON");
	test_wrong("[]", "version");
	test_wrong("{\"version\": \"0.1.0\"}", "version");
	test_wrong("{\"version\": \"1.0.0\"}", "hook.path");
	test_wrong("{\"version\": \"1.0.0\", \"hook\": {\"path\": \"x\"}}", "hook.path");
	test_wrong("{\"version\": \"1.0.0\", \"hook\": {\"path\": \"/x\", \"args\": \"a\"}}", "hook.args");
	test_wrong("{\"version\": \"1.0.0\", \"hook\": {\"path\": \"/x\", \"env\": [1]}}", "hook.env");
	test_wrong("{\"version\": \"1.0.0\", \"hook\": {\"path\": \"/x\", \"timeout\": 0}}", "hook.timeout");
	test_wrong("{\"version\": \"1.0.0\", " HOOK "}", "when");
	test_wrong("{\"version\": \"1.0.0\", " HOOK ", \"when\": {}}", "when");
	test_wrong("{\"version\": \"1.0.0\", " HOOK ", \"when\": {\"commands\": \"x\"}}", "when.commands");
	test_wrong("{\"version\": \"1.0.0\", " HOOK ", " WHEN "}", "no stages");
	test_wrong("{\"version\": \"1.0.0\", " HOOK ", " WHEN ", \"stages\": []}", "no stages");
	test_wrong("{\"version\": \"1.0.0\", " HOOK ", " WHEN ", \"stages\": [\"precreate\"]}",
		"an unknown stage, precreate");
	tap_ok(!registration_stage_name(7), "there is no eighth stage");
	return tap_done();
}
