/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * oci-crashcart-hook: makes a container's /dev/crashcart true to the state on standard input, at whichever
 * stage. A container starts, whatever happens to us: unless the configuration says `strict = yes`, the exit
 * status is 0.
 */
#include "err.h"
#include "io.h"
#include "log.h"
#include "node.h"
#include "ns.h"
#include "pod.h"
#include "precreate.h"
#include "provision.h"
#include "rootless.h"
#include "status.h"
#include "survive.h"
#include "sys.h"
#include "withdraw.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>

/* What one call works on. */
struct call {
	const char *state_directory;
	struct policy policy;
	struct container container;
	struct config config;
	const struct json *annotations;
	struct target target;
	struct provision_view view;
	char *root_path;   /* of the root file system, absolute; null: not known */
	bool is_poststart; /* past the pivot: a failure would kill a container that runs */
};

static const char help[] =
	"Usage: oci-crashcart-hook < STATE\n"
	"       oci-crashcart-hook --stage precreate < CONFIG > CONFIG\n"
	"       oci-crashcart-hook -h, --help | -V, --version\n"
	"\n"
	"An OCI hook, called by container runtimes at the stages prestart (or createRuntime),\n"
	"poststart and poststop with the container's state on standard input. It gives a\n"
	"container that lives an empty, read-only slave mount at /dev/crashcart, and removes\n"
	"what there is of one that has stopped. At podman's stage precreate it puts that\n"
	"mount into the container's config.json. It logs to syslog, and exits with 0 unless\n"
	"the configuration says `strict = yes`. See oci-crashcart-hook(8).\n";

static bool has_config(const char *bundle)
{
	cleanup_free char *path = util_printf("%s/config.json", bundle);

	return path && faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

/* Reads config.json when the state does not say enough; that it is there, is made sure of before the pivot. */
static int read_config(struct call *call, struct err *err)
{
	const struct container *container = &call->container;
	cleanup_fd int bundle = FD_NONE;
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	if (!container->bundle)
		return err_set(err, ENOENT, "the state names no bundle");
	if (container->root && container->annotations && has_config(container->bundle))
		return 0;
	bundle = open(container->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (bundle < 0)
		return err_errno(err, errno, "bundle %s", container->bundle);
	rc = io_read_file(bundle, "config.json", CONFIG_SIZE_LIMIT, &text, &length, err);
	if (rc == 0)
		rc = config_peek(text, length, &call->config, err);
	return rc < 0 ? err_prefix(err, "bundle %s", container->bundle) : 0;
}

/* The root file system's path on the host: crun's state has it, else config.json; either may be relative to
 * the bundle. */
static int find_root(struct call *call, struct err *err)
{
	const char *root = call->container.root ? call->container.root : call->config.root;

	if (!root)
		return err_set(err, EINVAL, "config.json has no root.path");
	call->root_path = root[0] == '/' ? strdup(root) : util_printf("%s/%s", call->container.bundle, root);
	return call->root_path ? 0 : err_errno(err, ENOMEM, "root.path");
}

static int read_state(struct call *call, struct err *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	int rc = io_read_all(STDIN_FILENO, STATE_SIZE_LIMIT, &text, &length, err);

	if (rc < 0)
		return err_prefix(err, "state");
	rc = state_parse(text, length, &call->container, err);
	if (rc == 0)
		call->annotations = call->container.annotations;
	return rc;
}

/* Logs the error; the exit status is STATUS where a container must not start without us. */
static int fail(const struct call *call, int status, const struct err *err)
{
	char safe[sizeof(err->text) * 2];
	const char *id = call->container.id;

	log_line(LOG_ERR, id, "%s", err->text);
	if (!call->policy.strict || call->is_poststart)
		return 0;
	fprintf(stderr, "oci-crashcart-hook: %s: %s (the configuration says strict = yes)\n",
		id ? id : "no container", util_escape(safe, sizeof(safe), err->text));
	return status;
}

static void log_plan(const struct call *call, const struct plan *plan)
{
	const char *id = call->container.id;

	switch (plan->verb) {
	case PLAN_SKIP:
		log_line(LOG_NOTICE, id, "skipped: %s", plan->reason);
		break;
	case PLAN_LEAVE:
		log_line(LOG_DEBUG, id, "left alone: %s", plan->reason);
		break;
	case PLAN_TIE:
		log_line(LOG_INFO, id, "the mount at /dev/crashcart has its master again");
		break;
	default:
		log_line(LOG_INFO, id, "mounted /dev/crashcart");
	}
}

static int remove_container(struct call *call)
{
	const char *id = call->container.id;
	struct err err = {0};
	int rc;

	call->is_poststart = true; /* or later: the exit status is 0 always */
	survive_with(EXIT_SUCCESS);
	rc = withdraw(call->state_directory, id, call->container.bundle, &err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_SUCCESS);
	if (rc < 0)
		return fail(call, EXIT_STORE, &err);
	log_line(LOG_DEBUG, id, "removed");
	return 0;
}

static int provide(struct call *call, struct err *err)
{
	cleanup_store struct store store = STORE_NONE;
	const struct container *container = &call->container;
	struct record record = {
		.id = container->id,
		.name = state_name(call->annotations),
		.engine = state_engine(call->annotations, container->bundle),
		.bundle = container->bundle,
		.pid = container->pid,
		.start_time = call->target.start_time,
		.pid_namespace = target_pid_namespace(),
		.mount_namespace = ns_own_mount_number(),
	};
	struct plan plan;
	struct pod pod;
	int rc;

	if (pod_of_annotations(call->annotations, &pod))
		record_set_pod(&record, &pod);
	if (provision_find_root(&call->view, call->root_path, err) < 0)
		return EXIT_STATE;
	if (store_open(call->state_directory, true, &store, err) < 0)
		return EXIT_STORE;
	record.masters = store_masters(&store);
	rc = provision(&store, &record, &call->target, &call->view, &plan, err);
	if (rc == -ENOTRECOVERABLE)
		_exit(EXIT_SUCCESS);
	if (rc < 0)
		return EXIT_MOUNT;
	log_plan(call, &plan);
	return 0;
}

/* What is needed to decide, and to find the container's root. Before the pivot a bundle that is not there is
 * an error. */
static int read_rest(struct call *call, struct err *err)
{
	int rc = target_open(call->container.pid, 0, &call->target, err);

	if (rc < 0)
		return rc;
	rc = provision_look(&call->target, &call->view, err);
	call->is_poststart = call->view.pivoted || strcmp(call->container.status, "running") == 0;
	if (rc < 0)
		return target_check(&call->target, ERR_IGNORED) < 0 ? -ESRCH : rc;
	if (call->is_poststart && call->annotations)
		return 0;
	rc = read_config(call, err);
	if (rc < 0)
		return rc;
	if (!call->annotations)
		call->annotations = call->config.annotations;
	return call->is_poststart ? 0 : find_root(call, err);
}

static int ensure_container(struct call *call)
{
	struct plan plan = plan_state(&call->container, call->annotations, &call->policy);
	struct err err = {0};
	int status = 0;

	if (plan.verb == PLAN_ENSURE)
		status = provide(call, &err);
	else
		log_plan(call, &plan);
	if (status && target_check(&call->target, ERR_IGNORED) == -ESRCH) { /* it ended under our hands */
		log_line(LOG_INFO, call->container.id, "left alone: the process has ended (%s)", err.text);
		return 0;
	}
	return status ? fail(call, status, &err) : 0;
}

/* All that comes from here on is done where the node's administrator sees it. Where that cannot be, here. */
static void enter_node(const struct call *call)
{
	struct err err = {0};
	int rc = node_enter(call->state_directory, &err);

	if (rc < 0)
		log_line(LOG_WARNING, call->container.id, "%s", err.text);
	if (rc > 0)
		log_line(LOG_DEBUG, call->container.id,
			"called in a mount namespace of the engine's: left it for the node's");
}

static int run(struct call *call, const char *configuration)
{
	struct err err = {0}, policy_err = {0};
	const char *id;
	int policy_rc, rc;

	policy_default(&call->policy);
	policy_rc = policy_load(configuration, &call->policy, &policy_err);
	log_level(call->policy.log_level);
	if (call->policy.strict)
		survive_with(EXIT_STUCK);
	if (read_state(call, &err) < 0)
		return fail(call, EXIT_STATE, &err);
	id = call->container.id;
	if (*call->policy.unknown)
		log_line(LOG_WARNING, id, "configuration: unknown keys: %s", call->policy.unknown);
	if (strcmp(call->container.status, "stopped") == 0) {
		enter_node(call);
		return remove_container(call);
	}
	rc = call->container.pid != 0 ? read_rest(call, &err) : 0;
	if (call->is_poststart)
		survive_with(EXIT_SUCCESS);
	if (rc == -ESRCH) { /* a container that has ended needs no mount */
		log_line(LOG_INFO, id, "left alone: %s", err.text);
		return 0;
	}
	if (rc < 0)
		return fail(call, EXIT_STATE, &err);
	if (policy_rc < 0) /* whether it may have a mount is not known */
		return fail(call, EXIT_CONFIGURATION, &policy_err);
	enter_node(call);
	return ensure_container(call);
}

static int options(int argc, char **argv)
{
	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
		puts("oci-crashcart-hook " VERSION);
		return EXIT_SUCCESS;
	}
	fputs("oci-crashcart-hook: it takes a container's state on standard input, and no arguments but "
	      "--stage precreate: see --help\n",
		stderr);
	return EXIT_USAGE;
}

/* An ordinary user's podman calls us as root of its own user namespace. New memory, or a constant; null: no memory. */
static const char *state_directory(void)
{
	const char *directory = getenv("OCI_CRASHCART_STATE_DIR");
	cleanup_free char *users = NULL;

	if (directory)
		return directory;
	return rootless_within(getenv("XDG_RUNTIME_DIR"), &users) ? util_printf("%s/" ROOTLESS_STATE, users)
								  : STATE_DIRECTORY;
}

static bool is_precreate(int argc, char **argv)
{
	return (argc == 3 && strcmp(argv[1], "--stage") == 0 && strcmp(argv[2], "precreate") == 0) ||
	       (argc == 2 && strcmp(argv[1], "--stage=precreate") == 0);
}

int main(int argc, char **argv)
{
	struct call call = {.container = CONTAINER_NONE,
		.config = CONFIG_NONE,
		.target = TARGET_NONE,
		.view = PROVISION_VIEW_NONE};
	const char *configuration = getenv("OCI_CRASHCART_CONFIG");
	bool at_precreate = is_precreate(argc, argv);
	int status;

	/* Not to be traced or looked into by a container that shares the host's pid namespace (CVE-2016-9962). */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (argc > 1 && !at_precreate)
		return options(argc, argv);
	log_program("oci-crashcart-hook");
	survive_start();
	sys_close_from(STDERR_FILENO + 1);
	call.state_directory = state_directory();
	if (!call.state_directory)
		return EXIT_SUCCESS;
	clearenv(); /* the texts stay where they are */
	if (at_precreate)
		return precreate(call.state_directory, configuration);
	status = run(&call, configuration);
	provision_view_close(&call.view);
	target_close(&call.target);
	state_release(&call.container);
	config_release(&call.config);
	free(call.root_path);
	return status;
}
