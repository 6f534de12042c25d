/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dbg-inject: any debugging tool, in any running container. */
#include "inject.h"
#include "mnt_image.h"
#include "ordinary.h"
#include "sys.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* Standard descriptors that are closed would be taken by what we open, and then be written to. */
static bool have_standard_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			return false;
	return true;
}

/* A tree is known by its true path. One that is not there is no error yet: other tools may be attached. */
static int find_tools(struct context *context)
{
	const char *tools = context->options.tools ? context->options.tools : context->policy.tools;
	struct err err = {0};

	if (context->options.verb != VERB_RUN && context->options.verb != VERB_ATTACH)
		return 0;
	context->tools = realpath(tools, NULL);
	if (!context->tools && errno == ENOENT)
		context->tools = strdup(tools);
	if (!context->tools)
		return complain(NULL, "tools tree %s: %s", tools, strerror(errno));
	return ordinary_user() != 0 && ordinary_check_tools(context->tools, &err) < 0
		       ? complain_err(NULL, &err)
		       : 0;
}

static const char *state_directory(const struct context *context)
{
	const char *directory = getenv("OCI_CRASHCART_STATE_DIR");

	if (directory)
		return directory;
	return context->state_directory ? context->state_directory : STATE_DIRECTORY;
}

int context_need_store(struct context *context, struct err *err)
{
	int rc = context->has_store ? 0 : store_open(state_directory(context), true, &context->store, err);

	if (rc == 0)
		context->has_store = true;
	return rc;
}

static int read_configuration(struct context *context)
{
	const char *override = getenv("OCI_CRASHCART_CONFIG"), *mounter = getenv("OCI_CRASHCART_MOUNT_IMAGE");
	struct err err = {0};
	int rc;

	if (mounter)
		mnt_image_use(mounter);
	policy_default(&context->policy);
	rc = policy_load(override, &context->policy, &err);
	if (rc == 0 && !override && ordinary_user() != 0)
		rc = ordinary_configure(&context->policy, &err);
	if (rc < 0)
		return complain("configuration", "%s", err.text);
	if (*context->policy.unknown)
		tell_more(&context->options, "configuration", "unknown keys: %s", context->policy.unknown);
	return find_tools(context);
}

/* The configuration first: within the namespaces of an ordinary user's it cannot be told any more whose a file is. */
static int open_context(struct context *context)
{
	struct err err = {0};
	int rc = read_configuration(context);

	if (rc == 0)
		rc = ordinary_join(context);
	if (rc != 0 || geteuid() != 0)
		return rc;
	rc = store_open(state_directory(context), false, &context->store, &err);
	/* What is there can be removed all the same; what was made at boot is made complete. */
	if (context->options.verb == VERB_GC &&
		(rc == -ESTALE || (rc == -ENOENT && !context->options.dry_run &&
					  access(state_directory(context), F_OK) == 0)))
		rc = store_open(state_directory(context), true, &context->store, &err);
	if (rc < 0 && rc != -ENOENT)
		return complain_err(NULL, &err);
	context->has_store = rc == 0;
	return 0;
}

static int perform(struct context *context)
{
	switch (context->options.verb) {
	case VERB_ATTACH:
		return verb_attach(context);
	case VERB_DETACH:
		return verb_detach(context);
	case VERB_LIST:
		return verb_list(context);
	case VERB_STATUS:
		return verb_status(context);
	case VERB_VERIFY:
		return verb_verify(context);
	case VERB_GC:
		return verb_gc(context);
	default:
		return verb_run(context);
	}
}

/* What was printed has to arrive: a full disk is an error of ours. */
static int finish(int status)
{
	if (fflush(stdout) != 0 && status == 0)
		return complain(NULL, "standard output: %s", strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	struct context context = {.store = STORE_NONE, .arguments = argv};
	struct err err = {0};
	int status;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!have_standard_descriptors())
		return complain(NULL, "standard input, output and error have to be open; /dev/null will do");
	sys_close_from(
		STDERR_FILENO + 1); /* nothing that the caller forgot goes in with us (CVE-2024-21626) */
	status = options_read(argc, argv, &context.options);
	if (status || context.options.verb == VERB_DONE)
		return finish(status);
	/* Attaching and detaching may enter a mount namespace, running enters all. */
	if (context.options.verb != VERB_RUN && context.options.verb != VERB_ATTACH &&
		context.options.verb != VERB_DETACH)
		seal_forget();
	else if (seal_self(argv, &err) < 0)
		return complain_err(NULL, &err);
	/* Ignored, as some callers have it, nobody could ask how our children end. */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_IGN); /* at RLIMIT_FSIZE a write fails, as on a full disk */
	if (context.options.verb == VERB_DOCTOR)
		return finish(verb_doctor(&context));
	status = open_context(&context);
	if (status == 0)
		status = perform(&context);
	store_close(&context.store);
	free(context.tools);
	free(context.runtime_directory);
	free(context.state_directory);
	options_free(&context.options);
	return finish(status);
}
