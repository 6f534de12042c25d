/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp.h"

#include "err.h"
#include "io.h"
#include "json.h"
#include "seccomp_profile.h"
#include "util.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifdef HAVE_SECCOMP
#include <ctype.h>
#include <seccomp.h> /* NOLINT(readability-duplicate-include): libseccomp's, and not our own of this name */

static void release(scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}
#define cleanup_context __attribute__((cleanup(release)))

static const enum scmp_compare comparisons[] = {
	[SECCOMP_NOT_EQUAL] = SCMP_CMP_NE,
	[SECCOMP_LESS] = SCMP_CMP_LT,
	[SECCOMP_LESS_OR_EQUAL] = SCMP_CMP_LE,
	[SECCOMP_EQUAL] = SCMP_CMP_EQ,
	[SECCOMP_GREATER_OR_EQUAL] = SCMP_CMP_GE,
	[SECCOMP_GREATER] = SCMP_CMP_GT,
	[SECCOMP_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
};

/* "SCMP_ARCH_X86_64" is libseccomp's "x86_64"; 0: it knows none of this name. */
static uint32_t architecture(const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char lower[32] = "";

	if (strncmp(name, prefix, strlen(prefix)) == 0)
		name += strlen(prefix);
	for (size_t i = 0; name[i] && i + 1 < sizeof(lower); i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	return seccomp_arch_resolve_name(lower);
}

static int add_architectures(scmp_filter_ctx context, const struct json *list, struct err *err)
{
	for (const struct json *each = json_first(list); each; each = json_next(each)) {
		uint32_t number = architecture(json_string(each));
		int rc = number ? seccomp_arch_add(context, number) : -EINVAL;

		if (rc < 0 && rc != -EEXIST)
			return err_set(err, EINVAL, "an unknown architecture %s", json_string(each));
	}
	return 0;
}

/* Conditions on different arguments have to hold all; two on one argument make each of them enough (runc, crun). */
static bool is_any_enough(const struct seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->condition_count; i++) {
		if (seen & 1U << rule->conditions[i].argument)
			return true;
		seen |= 1U << rule->conditions[i].argument;
	}
	return false;
}

static int add_call(scmp_filter_ctx context, const struct seccomp_rule *rule, int number)
{
	struct scmp_arg_cmp list[SECCOMP_CONDITIONS_LIMIT];
	unsigned int count = (unsigned int)rule->condition_count, at_once = is_any_enough(rule) ? 1 : count;
	int rc = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct seccomp_condition *condition = &rule->conditions[i];

		list[i] = (struct scmp_arg_cmp){condition->argument, comparisons[condition->operator],
			condition->value, condition->value_two};
	}
	if (count == 0)
		return seccomp_rule_add_array(context, rule->action, number, 0, NULL);
	for (unsigned int i = 0; rc == 0 && i < count; i += at_once)
		rc = seccomp_rule_add_array(context, rule->action, number, at_once, list + i);
	return rc;
}

static int add_rule(scmp_filter_ctx context, const struct seccomp_rule *rule, struct err *err)
{
	for (const struct json *each = json_first(rule->names); each; each = json_next(each)) {
		int number = seccomp_syscall_resolve_name(json_string(each));
		int rc = number == __NR_SCMP_ERROR ? 0 : add_call(context, rule, number);

		if (rc < 0)
			return err_errno(err, -rc, "a rule for %s", json_string(each));
	}
	return 0;
}

/* libseccomp writes to a descriptor alone (2.5). */
static int export(scmp_filter_ctx context, char **ret_text, size_t *ret_length, struct err *err)
{
	cleanup_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	int rc;

	if (fd < 0)
		return err_errno(err, errno, "make a memory file");
	rc = seccomp_export_bpf(context, fd);
	if (rc < 0)
		return err_errno(err, -rc, "make a filter of it");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, errno, "read a memory file");
	return io_read_all(fd, BPF_MAXINSNS * sizeof(struct sock_filter), ret_text, ret_length, err);
}

int seccomp_compile(const struct seccomp_profile *profile, struct seccomp_filter *ret, struct err *err)
{
	cleanup_context scmp_filter_ctx context = seccomp_init(profile->default_action);
	char *text = NULL;
	size_t length = 0;
	int rc;

	if (!context)
		return err_set(err, EINVAL, "a default action that cannot be one here");
	rc = add_architectures(context, profile->architectures, err);
	/* libseccomp refuses a rule that says what holds anyway. */
	for (size_t i = 0; rc == 0 && i < profile->rule_count; i++)
		if (profile->rules[i].action != profile->default_action)
			rc = add_rule(context, &profile->rules[i], err);
	if (rc == 0)
		rc = export(context, &text, &length, err);
	if (rc < 0)
		return rc;
	ret->list = (struct sock_filter *)(void *)text;
	ret->count = (unsigned short)(length / sizeof(struct sock_filter));
	ret->flags = profile->flags;
	return 0;
}

#else

int seccomp_compile(const struct seccomp_profile *profile, struct seccomp_filter *ret, struct err *err)
{
	(void)profile;
	(void)ret;
	return err_set(err, ENOTSUP, "this dbg-inject was built without libseccomp");
}

#endif

void seccomp_filter_free(struct seccomp_filter *filter)
{
	free_keep_errno(&filter->list);
	*filter = SECCOMP_FILTER_NONE;
}

int seccomp_apply(const struct seccomp_filter *filter, struct err *err)
{
	struct sock_fprog program = {filter->count, filter->list};
	long rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags, &program);

	/* A flag that the kernel does not know: crun does without, too. */
	if (rc < 0 && errno == EINVAL && filter->flags)
		rc = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	return rc < 0 ? err_errno(err, errno, "lay the container's seccomp filter on the command") : 0;
}
