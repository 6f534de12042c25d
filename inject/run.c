/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command in a container: plan, attach, enter, run, wait. */
#include "attach.h"
#include "caps.h"
#include "enter.h"
#include "inject.h"
#include "ns.h"
#include "relay.h"
#include "session.h"
#include "tools.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define TOOLS_BIN "/dev/crashcart/bin"
#define ENVIRONMENT_PATH "PATH=" TOOLS_BIN ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* What a call will do: data, so that --dry-run can show it. */
struct run_plan {
	const char *container; /* as people call it */
	pid_t pid;
	const char *attach; /* the tree that has to be attached first; null: tools are there */
	unsigned int namespaces;
	bool copy_mounts; /* the container may mount: see enter.h */
	uint64_t capabilities;
	char path[4096]; /* of the command, inside; or its name */
	char *shell[2];
	char *const *arguments;
};

/* All that is open or on its way while a session lasts. */
struct session_work {
	struct context *context;
	struct meant meant;
	struct attach_view view;
	int root, directory;
	struct run_plan plan;
	struct relay relay;
	struct entered entered;
	struct target first; /* the container's first process */
	char name_buffer[16];
};

static bool has_tool(int tools, const char *name)
{
	char path[512];
	struct stat st;

	return strlen(name) < 256 && snprintf(path, sizeof(path), "bin/%s", name) > 0 &&
	       fstatat(tools, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A name is the tree's tool, if it has one; else the container's PATH decides, inside. */
static int plan_command(struct run_plan *plan, int tools, char *const *command, struct err *err)
{
	const char *directory = !strchr(command[0], '/') && has_tool(tools, command[0]) ? TOOLS_BIN "/" : "";
	int length = snprintf(plan->path, sizeof(plan->path), "%s%s", directory, command[0]);

	plan->arguments = command;
	return (size_t)length < sizeof(plan->path) ? 0 : err_errno(err, ENAMETOOLONG, "the command");
}

static int plan_shell(struct run_plan *plan, int tools, struct err *err)
{
	static char bash[] = "bash", sh[] = "sh";

	plan->shell[0] = has_tool(tools, bash) ? bash : has_tool(tools, sh) ? sh : NULL;
	if (!plan->shell[0])
		return err_set(err, ENOENT,
			"the tools tree has no shell, neither bash nor sh: name a command, or build a tree "
			"with bash");
	return plan_command(plan, tools, plan->shell, err);
}

/* TOOLS: the tree that is or will be attached, to look into. */
static int make_plan(struct session_work *work, int tools, struct err *err)
{
	struct run_plan *plan = &work->plan;
	uint64_t bounding_set = 0;
	int rc;

	plan->container = shown_name(work->meant.container, work->name_buffer);
	plan->pid = work->meant.target.pid;
	rc = ns_differing(work->meant.target.proc, &plan->namespaces, err);
	if (rc == 0)
		rc = target_bounding_set(work->meant.target.proc, &bounding_set, err);
	if (rc < 0)
		return rc;
	plan->copy_mounts = caps_has_sys_admin(bounding_set);
	plan->capabilities = caps_debug_profile(bounding_set);
	if (!*work->context->options.command)
		return plan_shell(plan, tools, err);
	if (!**work->context->options.command)
		return err_set(err, EINVAL, "an empty command");
	return plan_command(plan, tools, work->context->options.command, err);
}

static void print_plan(const struct run_plan *plan)
{
	char names[512], safe[512];

	printf("container:     %s, process %d\n", util_escape(safe, sizeof(safe), plan->container),
		plan->pid);
	printf("attach:        %s\n",
		plan->attach ? util_escape(safe, sizeof(safe), plan->attach) : "nothing, tools are attached");
	ns_names(plan->namespaces, names, sizeof(names));
	printf("namespaces:    %s%s\n", names,
		plan->copy_mounts ? "; of mnt a copy, since this container may mount over the tools" : "");
	caps_names(plan->capabilities, names, sizeof(names));
	printf("capabilities:  %s; all others are dropped\n", names);
	printf("command:       %s", util_escape(safe, sizeof(safe), plan->path));
	for (char *const *argument = plan->arguments + 1; *argument; argument++)
		printf(" %s", util_escape(safe, sizeof(safe), *argument));
	putchar('\n');
}

static void write_list(struct json_writer *writer, const char *key, char *names)
{
	char *name;

	json_write_array(writer, key);
	while ((name = strsep(&names, ",")))
		json_write_string(writer, NULL, name);
	json_write_end(writer);
}

static int print_plan_json(const struct run_plan *plan)
{
	struct json_writer *writer = json_writer_new(true);
	cleanup_free char *text = NULL;
	struct err err = {0};
	char names[512];

	json_write_object(writer, NULL);
	json_write_string(writer, "container", plan->container);
	json_write_number(writer, "pid", plan->pid);
	json_write_string(writer, "attach", plan->attach);
	ns_names(plan->namespaces, names, sizeof(names));
	write_list(writer, "namespaces", names);
	json_write_bool(writer, "copy_mounts", plan->copy_mounts);
	caps_names(plan->capabilities, names, sizeof(names));
	write_list(writer, "capabilities", names);
	json_write_string(writer, "path", plan->path);
	json_write_array(writer, "command");
	for (char *const *argument = plan->arguments; *argument; argument++)
		json_write_string(writer, NULL, *argument);
	json_write_end(writer);
	json_write_end(writer);
	if (json_writer_finish(writer, &text, NULL, &err) < 0)
		return complain_err(NULL, &err);
	fputs(text, stdout);
	return 0;
}

/* Looks, and holds nothing: the tree is read on the host. */
static int dry_run(struct session_work *work)
{
	const struct context *context = work->context;
	const struct record *record = &work->meant.container->record;
	cleanup_tools struct tools tools = TOOLS_NONE;
	struct attach_status status;
	struct err err = {0};
	int rc = attach_look(&context->store, record, &work->meant.target, &status, &err);

	if (rc == 0 && status.unprovisioned)
		return complain(work->meant.word, "%s", status.unprovisioned);
	if (rc == 0 && !status.attached)
		work->plan.attach = context->tools;
	if (rc == 0)
		rc = tools_open(&context->store,
			status.attached && record->tools ? record->tools : context->tools, &tools, &err);
	if (rc == 0)
		rc = make_plan(work, tools.root, &err);
	if (rc < 0)
		return complain_err(work->meant.word, &err);
	if (context->options.json)
		return print_plan_json(&work->plan);
	print_plan(&work->plan);
	return 0;
}

static int open_inside(struct session_work *work, struct err *err)
{
	const struct record *record = &work->meant.container->record;
	int proc = work->meant.target.proc;

	work->root = openat(proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (work->root < 0)
		return err_errno(err, errno, "open the container's root directory");
	/* A deleted one may fail: then it is the root. */
	work->directory = openat(proc, "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target_open(record->pid, record->start_time, &work->first, err) < 0)
		return -ESRCH;
	return target_check(&work->meant.target, err);
}

/* TERM says how to draw; it is the one thing of the caller's that goes in. */
static void fill_environment(char *environment[4], char term[80])
{
	static char path[] = ENVIRONMENT_PATH, home[] = "HOME=/";
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._";
	const char *value = getenv("TERM");
	size_t count = 0;

	environment[count++] = path;
	environment[count++] = home;
	if (value && *value && strlen(value) < 64 && strspn(value, plain) == strlen(value)) {
		snprintf(term, 80, "TERM=%s", value);
		environment[count++] = term;
	}
	environment[count] = NULL;
}

static int prepare(struct session_work *work, struct err *err)
{
	char *environment[4], term[80];
	struct enter enter = {
		.target = &work->meant.target,
		.namespaces = work->plan.namespaces,
		.root = work->root,
		.directory = work->directory,
		.tools = work->view.identity,
		.capabilities = work->plan.capabilities,
		.copy_mounts = work->plan.copy_mounts,
		.stdio = {work->relay.stdio[0], work->relay.stdio[1], work->relay.stdio[2]},
		.interrupt = work->relay.signals,
		.path = work->plan.path,
		.arguments = work->plan.arguments,
		.environment = environment,
	};

	fill_environment(environment, term);
	return enter_prepare(&enter, &work->entered, err);
}

/* The arguments with blanks between, as far as they fit. */
static void join_arguments(char *const *arguments, char *text, size_t size)
{
	size_t used = 0;

	for (*text = '\0'; *arguments && used < size; arguments++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", *arguments);
}

/* Who asked: the login, which su and sudo leave as it was (audit's loginuid), else the caller. */
static void find_user(char *text, size_t size)
{
	cleanup_fd int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char digits[16] = "";
	uint64_t uid = getuid();
	struct passwd *entry;

	if (fd >= 0 && read(fd, digits, sizeof(digits) - 1) > 0)
		(void)util_number(digits, 0, UINT32_MAX - 1, &uid); /* (uid_t)-1: there was no login */
	entry = getpwuid((uid_t)uid);
	if (entry)
		snprintf(text, size, "%s", entry->pw_name);
	else
		snprintf(text, size, "%lu", (unsigned long)uid);
}

static int record_session(struct session_work *work, struct err *err)
{
	cleanup_target struct target command = TARGET_NONE;
	char user[256], arguments[1024], since[32];
	time_t now = time(NULL);
	struct tm utc;
	int rc = target_open(work->entered.pid, 0, &command, err);

	if (rc < 0)
		return rc;
	find_user(user, sizeof(user));
	join_arguments(work->plan.arguments, arguments, sizeof(arguments));
	gmtime_r(&now, &utc);
	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return session_write(&work->context->store,
		&(struct session){
			.container = work->meant.container->record.id,
			.pid = work->entered.pid,
			.start_time = command.start_time,
			.pid_namespace = target_pid_namespace(),
			.user = user,
			.command = arguments,
			.since = since,
		},
		err);
}

/*
 * With the container's lock: attached, seen from inside, entered, recorded. From the moment that the view is
 * open, nobody detaches the tools without force.
 */
static int start(struct session_work *work, struct err *err)
{
	struct context *context = work->context;
	const struct record *record = &work->meant.container->record;
	int rc = attach_tools(&context->store, record, &work->meant.target, context->tools,
		context->options.tools != NULL, &work->view, err);

	if (rc == 0)
		rc = make_plan(work, work->view.root, err);
	if (rc == 0 && !work->view.were_there)
		tell_more(&context->options, work->plan.container, "attached %s", context->tools);
	if (rc == 0)
		rc = open_inside(work, err);
	if (rc == 0)
		rc = relay_open(&work->relay, err);
	if (rc == 0)
		rc = prepare(work, err);
	if (rc == 0) {
		relay_started(&work->relay);
		rc = record_session(work, err);
	}
	return rc;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_and_wait(struct session_work *work)
{
	static const int statuses[] = {
		[ENTER_FAILED] = EXIT_OURS,
		[ENTER_NOT_FOUND] = EXIT_NOT_FOUND,
		[ENTER_NOT_RUN] = EXIT_NOT_RUN,
	};
	enum enter_failure failure;
	struct err err = {0};
	int status = 0;

	if (enter_run(&work->entered, &failure, &err) < 0) {
		complain_err(work->plan.container, &err);
		(void)waitpid(work->entered.pid, NULL, 0);
		return statuses[failure];
	}
	if (relay_run(&work->relay, &work->entered, work->first.pidfd, &status, &err) < 0)
		return complain_err(work->plan.container, &err);
	return exit_status(status);
}

static int run_in(struct session_work *work)
{
	struct context *context = work->context;
	struct err err = {0};
	int rc = store_lock(&context->store, work->meant.container->record.id, &err), status;

	if (rc == 0)
		rc = start(work, &err);
	store_unlock(&context->store);
	status = rc < 0 ? complain_err(work->meant.word, &err) : run_and_wait(work);
	enter_close(&work->entered);
	if (work->entered.pid)
		session_remove(&context->store, work->entered.pid);
	return status;
}

int verb_run(struct context *context)
{
	struct session_work work = {
		.context = context,
		.meant = MEANT_NONE,
		.view = ATTACH_VIEW_NONE,
		.root = FD_NONE,
		.directory = FD_NONE,
		.relay = RELAY_NONE,
		.entered = ENTERED_NONE,
		.first = TARGET_NONE,
	};
	const char *word = context->options.containers[0];
	struct err err = {0};
	int status;

	if (!*context->options.command && isatty(STDIN_FILENO) && !context->options.dry_run)
		return complain(NULL, "an interactive shell is not built yet: name a command, or give "
				      "commands on standard input");
	if (strcmp(context->policy.profile, "debug") != 0)
		return complain("configuration", "profile = %s is not built yet: only debug is",
			context->policy.profile);
	if (resolve(context, word, &work.meant, &err) < 0)
		status = complain_err(word, &err);
	else
		status = context->options.dry_run ? dry_run(&work) : run_in(&work);
	relay_close(&work.relay);
	close_keep_errno(&work.root);
	close_keep_errno(&work.directory);
	attach_view_close(&work.view);
	target_close(&work.first);
	meant_close(&work.meant);
	return status;
}
