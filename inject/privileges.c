/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "privileges.h"

#include "bundle.h"
#include "caps.h"
#include "inject.h"
#include "seccomp_profile.h"
#include "user.h"

#include <stdio.h>
#include <string.h>

/* Adds the capabilities in WORDS, each a list with commas between, to *SET. OPTION is for messages. */
static int read_names(const char *option, const struct values *words, uint64_t *set, struct err *err)
{
	for (size_t i = 0; i < words->count; i++) {
		cleanup_free char *copy = strdup(words->list[i]);
		char *rest = copy, *name;

		if (!copy)
			return err_errno(err, ENOMEM, "%s", option);
		while ((name = strsep(&rest, ",")))
			if (!caps_from_name(name, set))
				return err_set(err, EINVAL, "%s %s: there is no capability %s", option,
					words->list[i], *name ? name : "without a name");
	}
	return 0;
}

/* What nobody can give is worth an error only where it was asked for by its own name. */
static int check_own(uint64_t own, uint64_t added, uint64_t dropped, struct err *err)
{
	uint64_t missing = added & ~dropped & ~own;
	char names[1024];

	if (!missing || added == caps_all())
		return 0;
	caps_names(missing, names, sizeof(names));
	return err_set(err, EPERM, "--cap-add: dbg-inject itself has not got %s", names);
}

/* As docker and podman: all that is dropped goes first, then comes what is added; what is in both is dropped. */
static int adjust(
	const struct options *options, uint64_t own, uint64_t *set, uint64_t *ret_added, struct err *err)
{
	uint64_t added = 0, dropped = 0, all;
	int rc;

	if (!options->cap_add.count && !options->cap_drop.count)
		return 0;
	all = caps_all();
	rc = read_names("--cap-add", &options->cap_add, &added, err);

	if (rc == 0)
		rc = read_names("--cap-drop", &options->cap_drop, &dropped, err);
	if (rc < 0)
		return rc;
	if (dropped == all && added == all)
		return err_set(err, EINVAL, "--cap-add ALL and --cap-drop ALL exclude each other");
	if (dropped == all) {
		*set = 0;
		dropped = 0;
	}
	*set = (*set | added) & ~dropped;
	*ret_added = added & ~dropped;
	return check_own(own, added, dropped, err);
}

static int make_capabilities(
	const struct options *options, uid_t uid, struct privileges *privileges, struct err *err)
{
	uint64_t container = privileges->container.bounding_set, own = caps_own_bounding_set();
	bool same = strcmp(privileges->profile, "same") == 0, full = strcmp(privileges->profile, "full") == 0;
	uint64_t set = same ? container : full ? caps_all() : caps_debug_profile(container);
	uint64_t added = 0;
	int rc = adjust(options, own, &set, &added, err);

	privileges->bounding_set = set & own;
	/* As the engines have it: a user other than root has none in the container, unless by name. */
	privileges->capabilities = privileges->bounding_set & (same && uid != 0 ? added : set);
	return rc;
}

/* As the runtime makes it of its configuration. One that has no profile is no error: a process can have a filter of its own. */
static int read_filter(const struct meant *meant, struct seccomp_filter *ret, struct err *err)
{
	const char *bundle = meant->container->record.bundle;
	cleanup_seccomp_profile struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	cleanup_free char *text = NULL;
	size_t length = 0;
	uid_t root = 0;
	int rc;

	if (!bundle)
		return err_set(err, ENOENT, "it is not known where its runtime's configuration is");
	(void)user_outside(
		meant->target.proc, "uid_map", 0, &root, ERR_IGNORED); /* one without root has none */
	rc = bundle_read_config(bundle, root, &text, &length, err);
	if (rc == 0)
		rc = seccomp_profile_parse(text, length, &profile, err);
	return rc > 0 ? seccomp_compile(&profile, ret, err) : rc;
}

/*
 * A container whose configuration is not there any more, or is not to be trusted, can be debugged still, and the caller is
 * told. One that is there and makes no filter is an error.
 */
static int make_filter(const struct meant *meant, struct privileges *privileges, struct err *err)
{
	int rc;

	if (!privileges->container.has_filter)
		return 0;
	rc = read_filter(meant, &privileges->filter, err);
	if (rc == 0)
		return 0;
	if (rc != -ENOENT && rc != -EPERM && rc != -ENOTSUP)
		return err_prefix(err, "the container's seccomp filter");
	snprintf(privileges->no_filter, sizeof(privileges->no_filter), "%s", err->text);
	*err = (struct err){0};
	return 0;
}

/* The profile same: what the container's process lives with, beside capabilities. */
static int make_same(const struct meant *meant, struct privileges *privileges, struct err *err)
{
	int rc = lsm_read(meant->target.proc, &privileges->lsm, err);

	privileges->no_new_privs = privileges->container.no_new_privs;
	return rc == 0 ? make_filter(meant, privileges, err) : rc;
}

/* The host's own programs keep all that root has: they are not among the container's files, and it may not trace them. */
static const char *profile_of(const struct context *context)
{
	if (options_stay(&context->options))
		return "full";
	return context->options.profile ? context->options.profile : context->policy.profile;
}

int privileges_make(const struct context *context, const struct meant *meant, uid_t uid,
	struct privileges *ret, struct err *err)
{
	const struct options *options = &context->options;
	struct privileges privileges = {.profile = profile_of(context)};
	int rc = target_read_status(meant->target.proc, &privileges.container, err);

	if (rc == 0)
		rc = make_capabilities(options, uid, &privileges, err);
	if (rc == 0 && strcmp(privileges.profile, "same") == 0)
		rc = make_same(meant, &privileges, err);
	if (rc == 0)
		*ret = privileges;
	return rc;
}

void privileges_free(struct privileges *privileges)
{
	seccomp_filter_free(&privileges->filter);
}
