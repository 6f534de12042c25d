/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "provide.h"

#include "bundle.h"
#include "config_edit.h"
#include "err.h"
#include "log.h"
#include "path.h"
#include "plan_config.h"
#include "prepare.h"
#include "record.h"
#include "target.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

/*
 * Where the runtime will keep what it knows of the container: below --root, or where it does by default. The caller's; null:
 * not known.
 */
static char *runtime_state(const struct provide_job *job)
{
	const struct options *options = job->options;
	const char *name = strrchr(job->runtime, '/');
	cleanup_free char *here = NULL;

	if (!options->root)
		return util_printf(
			"%s/%s/%s", job->runtime_directory, name ? name + 1 : job->runtime, options->id);
	if (options->root[0] == '/')
		return util_printf("%s/%s", options->root, options->id);
	here = realpath(".", NULL);
	return here ? util_printf("%s/%s/%s", here, options->root, options->id) : NULL;
}

/* What the poststop hook has to know: it is called with what config.json says, and nothing else. */
static int edit(const struct provide_job *job, const struct bundle *bundle, const struct config *config,
	const char *master, struct err *err)
{
	cleanup_free char *state = util_printf("OCI_CRASHCART_STATE_DIR=%s", job->state_directory);
	cleanup_free char *configuration = NULL, *text = NULL;
	const char *environment[3] = {NULL, NULL, NULL};
	struct config_additions additions = {.master = master, .hook = job->hook, .environment = environment};
	size_t length = 0, count = 0;
	int rc;

	if (job->configuration)
		configuration = util_printf("OCI_CRASHCART_CONFIG=%s", job->configuration);
	if (!state || (job->configuration && !configuration))
		return err_errno(err, ENOMEM, "the hook's environment");
	if (strcmp(job->state_directory, STATE_DIRECTORY) != 0)
		environment[count++] = state;
	environment[count] = configuration;
	rc = config_edit_parsed(
		config->document, bundle->text, bundle->length, &additions, &text, &length, err);
	if (rc < 0)
		return err_prefix(err, "bundle %s", bundle->path);
	return text ? bundle_replace(bundle, text, length, err) : 0;
}

static int perform(const struct provide_job *job, const struct bundle *bundle, const struct config *config,
	const char *master, struct err *err)
{
	cleanup_free char *state = runtime_state(job);
	struct record record = {
		.id = job->options->id,
		.name = state_name(config->annotations),
		.engine = state_engine(config->annotations, bundle->path),
		.bundle = bundle->path,
		.pid_namespace = target_pid_namespace(),
		.creator = job->creator,
		.creator_start = job->creator_start,
		.runtime_state = state,
	};
	struct prepare_job prepare_job = {
		.state_directory = job->state_directory,
		.id = job->options->id,
		.creator = job->creator,
		.record = &record,
	};
	int rc = prepare(&prepare_job, err);

	if (rc < 0)
		return rc;
	rc = edit(job, bundle, config, master, err);
	if (rc < 0)
		(void)prepare_undo(&prepare_job, ERR_IGNORED);
	return rc;
}

static int decide(const struct provide_job *job, const struct bundle *bundle, const struct config *config,
	struct err *err)
{
	const struct prepare_job place = {.state_directory = job->state_directory, .id = job->options->id};
	cleanup_free char *master = prepare_master(&place);
	struct plan plan;
	int rc;

	if (!master)
		return err_errno(err, ENOMEM, "the master's path");
	plan = plan_config(config, job->policy, master);
	if (plan.verb == PLAN_SKIP) {
		log_line(LOG_NOTICE, job->options->id, "skipped: %s", plan.reason);
		return 0;
	}
	rc = perform(job, bundle, config, master, err);
	if (rc == 0)
		log_line(LOG_INFO, job->options->id, "config.json has a mount at /dev/crashcart");
	return rc;
}

int provide(void *context, struct err *err)
{
	const struct provide_job *job = context;
	cleanup_bundle struct bundle bundle = BUNDLE_NONE;
	struct config config = CONFIG_NONE;
	int rc;

	if (!path_is_id(job->options->id))
		return err_set(err, EINVAL, "an id that cannot be a file's name: %s", job->options->id);
	if (job->options->other_config)
		return err_set(err, ENOTSUP, "--config names another file than the bundle's config.json");
	rc = bundle_open(job->options->bundle, &bundle, err);
	if (rc == 0)
		rc = config_parse(bundle.text, bundle.length, &config, err);
	if (rc == 0)
		rc = decide(job, &bundle, &config, err);
	config_release(&config);
	return rc;
}
