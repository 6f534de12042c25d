/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * oci-crashcart-runtime: stands in for an OCI runtime. Before the verbs that make a container it edits the config.json of the
 * bundle; then, and with all other verbs at once, it becomes the real runtime. It has no options of its own, since all of
 * the command line is the runtime's, and prints nothing but errors. A container starts, whatever happens to us: unless the
 * configuration says `strict = yes`.
 */
#include "aside.h"
#include "bundle.h"
#include "complain.h"
#include "err.h"
#include "log.h"
#include "options.h"
#include "path.h"
#include "provide.h"
#include "rootless.h"
#include "search.h"
#include "target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define HOOK HOOKSDIR "/oci-crashcart-hook"

/* Whoever closed one of the three would else find ours in its place: as what an error is written to. */
static void keep_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_keep_errno(&fd);
}

static const char *variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* An ordinary user's podman calls us as root of its own user namespace. */
static int find_places(struct provide_job *job, struct err *err)
{
	static char *users, *state;

	job->runtime_directory = "/run";
	if (rootless_within(getenv("XDG_RUNTIME_DIR"), &users)) {
		job->runtime_directory = users;
		state = util_printf("%s/" ROOTLESS_STATE, users);
		if (!state)
			return err_errno(err, ENOMEM, "the state directory's path");
	}
	job->state_directory = variable("OCI_CRASHCART_STATE_DIR", state ? state : STATE_DIRECTORY);
	return 0;
}

static int start_of_this(uint64_t *ret, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self < 0 ? err_errno(err, errno, "open /proc/self") : target_start_time(self, ret, err);
}

/* All that can go wrong of ours, once the real runtime has been found. */
static int intervene(const struct provide_job *draft, const struct err *policy_err, struct err *err)
{
	struct provide_job job = *draft;
	int rc;

	if (job.options->doubt[0])
		return err_set(err, EINVAL, "the command line was not understood: %s", job.options->doubt);
	if (policy_err->number) { /* whether it may have a mount is not known */
		*err = *policy_err;
		return -err->number;
	}
	if (job.hook[0] != '/')
		return err_set(err, EINVAL, "OCI_CRASHCART_HOOK: not an absolute path: %s", job.hook);
	if (access(job.hook, X_OK) < 0) /* runc's delete would fail by it */
		return err_errno(err, errno, "the hook for poststop, %s", job.hook);
	job.creator = getpid();
	rc = start_of_this(&job.creator_start, err);
	if (rc < 0)
		return err_prefix(err, "this process");
	rc = find_places(&job, err);
	if (rc < 0)
		return rc;
	rc = aside(provide, &job, err);
	if (rc == -ECHILD)
		bundle_sweep(job.options->bundle);
	return rc;
}

/* Whether the runtime may be called. */
static bool may_go_on(const struct provide_job *job, const struct err *policy_err)
{
	const char *id = job->options->id && path_is_id(job->options->id) ? job->options->id : NULL;
	struct err err = {0};

	if (!job->options->makes_container && !job->options->doubt[0])
		return true;
	if (*job->policy->unknown)
		log_line(LOG_WARNING, id, "configuration: unknown keys: %s", job->policy->unknown);
	if (intervene(job, policy_err, &err) == 0)
		return true;
	if (!job->policy->strict) {
		log_line(LOG_ERR, id, "config.json was left as it is: %s", err.text);
		return true;
	}
	err_prefix(&err, "%s", id ? id : "no container");
	complain(job->options, err.text, " (the configuration says strict = yes)");
	return false;
}

int main(int argc, char **argv)
{
	struct err err = {0}, policy_err = {0};
	const char *configuration = getenv("OCI_CRASHCART_CONFIG");
	char runtime[PATH_MAX];
	struct policy policy;
	struct options options;
	struct provide_job job = {
		.options = &options,
		.policy = &policy,
		.configuration = configuration,
		.hook = variable("OCI_CRASHCART_HOOK", HOOK),
		.runtime = runtime,
	};

	(void)argc;
	keep_standard_descriptors();
	log_program("oci-crashcart-runtime");
	options_parse(argv, &options);
	policy_default(&policy);
	(void)policy_load(configuration, &policy, &policy_err);
	log_level(policy.log_level);
	if (search_goes_round())
		err_set(&err, ELOOP,
			"the configuration says runtimes = %s: what is found there executes this program "
			"again",
			policy.runtimes);
	else if (search_runtime(policy.runtimes, NULL, runtime, &err) == 0 && !may_go_on(&job, &policy_err))
		return EXIT_FAILURE;
	if (err.number) {
		complain(&options, err.text, "");
		return EXIT_FAILURE;
	}
	argv[0] = runtime; /* as who calls it by its path: some are several programs in one */
	execv(runtime, argv);
	err_errno(&err, errno, "execute %s", runtime);
	complain(&options, err.text, "");
	return EXIT_FAILURE;
}
