/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --doctor: is this node as it has to be? A line for each thing that was looked at, with what to do. */
#include "doctor.h"

#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_UNWELL = 1 };

static const char *const levels[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_WARNING] = "warning", [DOCTOR_ERROR] = "error"};

static void write_finding(
	struct doctor *doctor, const char *level, const char *check, const char *text, const char *remedy)
{
	json_write_object(doctor->writer, NULL);
	json_write_string(doctor->writer, "check", check);
	json_write_string(doctor->writer, "level", level);
	json_write_string(doctor->writer, "text", text);
	json_write_string(doctor->writer, "remedy", remedy);
	json_write_end(doctor->writer);
}

void doctor_say(struct doctor *doctor, enum doctor_level level, const char *check, const char *remedy,
	const char *format, ...)
{
	char text[1024], safe[2048], advice[1024] = "";
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	doctor->worst = level > doctor->worst ? level : doctor->worst;
	util_escape(safe, sizeof(safe), text);
	if (remedy)
		util_escape(advice, sizeof(advice), remedy);
	if (doctor->writer)
		write_finding(doctor, levels[level], check, safe, remedy ? advice : NULL);
	else if (level != DOCTOR_OK || !doctor->context->options.quiet)
		printf("%-7s  %s: %s%s%s\n", levels[level], check, safe, remedy ? "; " : "", advice);
}

static void doctor_configuration(struct doctor *doctor)
{
	struct policy *policy = &doctor->context->policy;
	struct err err = {0};

	policy_default(policy);
	if (policy_load(getenv("OCI_CRASHCART_CONFIG"), policy, &err) < 0)
		doctor_say(doctor, DOCTOR_ERROR, "configuration",
			"until it is mended no container gets the mount, see crashcart.conf(5)", "%s",
			err.text);
	else
		doctor_say(doctor, DOCTOR_OK, "configuration", NULL, "it can be read%s",
			policy->strict ? "; strict = yes: a container that we cannot serve does not start"
				       : "");
	if (*policy->unknown)
		doctor_say(doctor, DOCTOR_WARNING, "configuration",
			"they count for nothing: look for a misspelling, see crashcart.conf(5)",
			"unknown keys: %s", policy->unknown);
	if (policy->enable == POLICY_NONE)
		doctor_say(doctor, DOCTOR_WARNING, "configuration",
			"set enable to all or annotated if they are to get it",
			"enable = none: no container gets the mount");
}

/* In this order: what a check needs is found by one above it (the policy; the hook's path). */
static void (*const checks[])(struct doctor *doctor) = {
	doctor_configuration,
	doctor_kernel,
	doctor_security,
	doctor_state,
	doctor_tools,
	doctor_engines,
	doctor_docker,
	doctor_containerd,
	doctor_hook,
	doctor_runtimes,
};

static int finish_json(struct doctor *doctor)
{
	cleanup_free char *text = NULL;
	struct err err = {0};

	json_write_end(doctor->writer);
	json_write_string(doctor->writer, "worst", levels[doctor->worst]);
	json_write_end(doctor->writer);
	if (json_writer_finish(doctor->writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	fputs(text, stdout);
	return 0;
}

int verb_doctor(struct context *context)
{
	struct doctor doctor = {.context = context};
	int status = 0;

	if (geteuid() != 0)
		return complain(NULL, "--doctor needs root: it looks at the node, and tries what root may");
	if (context->options.json) {
		doctor.writer = json_writer_new(true);
		if (!doctor.writer)
			return complain(NULL, "%s", strerror(ENOMEM));
		json_write_object(doctor.writer, NULL);
		json_write_array(doctor.writer, "checks");
	}
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&doctor);
	if (doctor.writer)
		status = finish_json(&doctor);
	return status ? status : doctor.worst == DOCTOR_ERROR ? EXIT_UNWELL : 0;
}
