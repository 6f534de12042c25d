/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "precreate.h"

#include "config_edit.h"
#include "err.h"
#include "io.h"
#include "log.h"
#include "plan_config.h"
#include "podman_id.h"
#include "prepare.h"
#include "status.h"
#include "survive.h"
#include "util.h"

#include <stdio.h>
#include <syslog.h>

/* What came in, whole or in part. */
struct input {
	char *text;
	size_t length, size;
	bool is_whole;
};

/* What one call works on. ID is empty until it is known. */
struct change {
	struct policy policy;
	struct config config;
	struct input input;
	char id[PODMAN_ID_LENGTH + 1];
	struct prepare_job job;
	bool is_prepared;
	char *master;
	char *edited; /* null: what came in goes out */
	size_t edited_length;
};

static bool has_room(struct input *input)
{
	size_t size = input->size ? input->size * 2 : 65536;
	char *larger;

	if (input->length < input->size)
		return true;
	survive_print(NULL, 0); /* it may move */
	survive_has_input(input->length == 0);
	larger = size <= (size_t)CONFIG_SIZE_LIMIT * 2 ? realloc(input->text, size) : NULL;
	if (!larger)
		return false;
	input->text = larger;
	input->size = size;
	return true;
}

/* Up to the limit; what is beyond it, or comes when there is no memory, is left to copy_rest. */
static int take_input(struct input *input, struct err *err)
{
	while (has_room(input)) {
		ssize_t got = read(STDIN_FILENO, input->text + input->length, input->size - input->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "read config.json");
		input->length += (size_t)got;
		survive_print(input->text, input->length);
		survive_has_input(true);
		input->is_whole = got == 0;
		if (input->is_whole || input->length > CONFIG_SIZE_LIMIT)
			break;
	}
	return input->is_whole ? 0
			       : err_set(err, EFBIG, "config.json: larger than %d bytes", CONFIG_SIZE_LIMIT);
}

static int copy_rest(void)
{
	char buffer[65536];

	for (;;) {
		ssize_t got = read(STDIN_FILENO, buffer, sizeof(buffer));
		int rc;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : 0;
		rc = io_write_all(STDOUT_FILENO, buffer, (size_t)got);
		if (rc < 0)
			return rc;
	}
}

/* What podman reads. From the first byte on there is no other answer to give. */
static int put_out(const struct change *change)
{
	const struct input *input = &change->input;
	int rc;

	survive_print(NULL, 0);
	survive_has_input(false);
	if (change->edited)
		return io_write_all(STDOUT_FILENO, change->edited, change->edited_length);
	rc = io_write_all(STDOUT_FILENO, input->text, input->length);
	return rc == 0 && !input->is_whole ? copy_rest() : rc;
}

static const char *id_of(const struct change *change)
{
	return *change->id ? change->id : NULL;
}

/* Without an error there is nothing to undo: the master is made last. */
static int edit(struct change *change, struct err *err)
{
	const struct config_additions additions = {.master = change->master};
	struct err edit_err = {0};
	int rc = config_edit_parsed(change->config.document, change->input.text, change->input.length,
		&additions, &change->edited, &change->edited_length, &edit_err);

	if (rc == -EINVAL) { /* runtimes would not agree about it: no failure of ours */
		log_line(LOG_NOTICE, id_of(change), "skipped: %s", edit_err.text);
		return 0;
	}
	if (rc < 0) {
		*err = edit_err;
		return EXIT_STATE;
	}
	if (prepare(&change->job, err) < 0) {
		free(change->edited);
		change->edited = NULL;
		return EXIT_STORE;
	}
	change->is_prepared = true;
	log_line(LOG_INFO, id_of(change), "%s",
		change->edited ? "put /dev/crashcart into config.json" : "config.json has the mount already");
	return 0;
}

static int decide(struct change *change, struct err *err)
{
	struct plan plan;

	if (!podman_id(change->config.document, change->id)) {
		log_line(LOG_NOTICE, NULL,
			"skipped: config.json does not tell for sure which container it is of");
		return 0;
	}
	change->job.id = change->id;
	change->job.creator = getppid();
	change->master = prepare_master(&change->job);
	if (!change->master) {
		err_errno(err, ENOMEM, "precreate");
		return EXIT_STORE;
	}
	plan = plan_config(&change->config, &change->policy, change->master);
	if (plan.verb != PLAN_SKIP)
		return edit(change, err);
	log_line(LOG_NOTICE, id_of(change), "skipped: %s", plan.reason);
	return 0;
}

/* An exit status, and then the reason. */
static int work(struct change *change, const char *configuration, struct err *err)
{
	struct err policy_err = {0};
	int input_rc = take_input(&change->input, err), policy_rc; /* first, for survive_print */
	policy_default(&change->policy);
	policy_rc = policy_load(configuration, &change->policy, &policy_err);
	log_level(change->policy.log_level);
	if (change->policy.strict)
		survive_with(EXIT_STUCK);
	if (input_rc < 0 || config_parse(change->input.text, change->input.length, &change->config, err) < 0)
		return EXIT_STATE;
	if (policy_rc < 0) { /* whether it may have a mount is not known */
		*err = policy_err;
		return EXIT_CONFIGURATION;
	}
	return decide(change, err);
}

static void release(struct change *change)
{
	config_release(&change->config);
	free(change->input.text);
	free(change->master);
	free(change->edited);
}

int precreate(const char *state_directory, const char *configuration)
{
	struct change change = {.config = CONFIG_NONE, .job.state_directory = state_directory};
	struct err err = {0};
	int status = work(&change, configuration, &err), rc = 0;

	if (status)
		log_line(LOG_ERR, id_of(&change), "precreate: %s", err.text);
	if (!change.policy.strict)
		status = 0;
	if (!status)
		rc = put_out(&change);
	if (rc < 0) {
		log_line(LOG_ERR, id_of(&change), "precreate: write config.json: error %d", -rc);
		status = EXIT_STATE; /* podman has not got it, and gives up in any case */
	}
	if (rc < 0 && change.is_prepared)
		(void)prepare_undo(&change.job, ERR_IGNORED);
	release(&change);
	return status;
}
