/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp_profile.h"

#include "err.h"
#include "json.h"
#include "util.h"

#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

/* Linux 5.19; our headers may be older. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static const struct {
	const char *name;
	uint32_t value;
	bool has_number; /* errnoRet is its lower half */
} actions[] = {
	{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
	{"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
	{"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false},
	{"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true},
	{"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true},
	{"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
	{"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
	{"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false},
};

static const struct {
	const char *name;
	enum seccomp_operator operator;
} operators[] = {
	{"SCMP_CMP_NE", SECCOMP_NOT_EQUAL},
	{"SCMP_CMP_LT", SECCOMP_LESS},
	{"SCMP_CMP_LE", SECCOMP_LESS_OR_EQUAL},
	{"SCMP_CMP_EQ", SECCOMP_EQUAL},
	{"SCMP_CMP_GE", SECCOMP_GREATER_OR_EQUAL},
	{"SCMP_CMP_GT", SECCOMP_GREATER},
	{"SCMP_CMP_MASKED_EQ", SECCOMP_MASKED_EQUAL},
};

/* WAIT_KILLABLE_RECV is for a listener, and TSYNC for threads: a command has neither. */
static const struct {
	const char *name;
	unsigned int flag;
} flags[] = {
	{"SECCOMP_FILTER_FLAG_TSYNC", 0},
	{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
	{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0},
};

static bool is_there(const struct json *value)
{
	return value && !json_is_null(value);
}

/* How many there are in the array LIST, all of them strings. */
static int count_strings(
	const struct json *list, const char *what, size_t limit, size_t *ret, struct err *err)
{
	size_t count = 0;

	if (!json_is_array(list))
		return err_set(err, EINVAL, "%s: not an array", what);
	for (const struct json *each = json_first(list); each; each = json_next(each)) {
		if (!json_string(each))
			return err_set(err, EINVAL, "%s: not a string", what);
		if (++count > limit)
			return err_set(err, E2BIG, "%s: more than %zu", what, limit);
	}
	*ret = count;
	return 0;
}

/* NUMBER may be absent: the engines take EPERM then. */
static int take_action(const struct json *value, const struct json *number, uint32_t *ret, struct err *err)
{
	const char *name = json_string(value);
	int64_t data = EPERM;

	if (is_there(number) && (!json_number(number, &data) || data < 0 || data > SECCOMP_RET_DATA))
		return err_set(err, EINVAL, "an error number that is none");
	for (size_t i = 0; name && i < ARRAY_SIZE(actions); i++)
		if (strcmp(name, actions[i].name) == 0) {
			*ret = actions[i].value | (actions[i].has_number ? (uint32_t)data : 0);
			return 0;
		}
	return err_set(err, EINVAL, "an unknown action %s", name ? name : "");
}

static int take_flags(const struct json *list, unsigned int *ret, struct err *err)
{
	unsigned int found = 0;
	size_t count;
	int rc;

	/* What crun, and runc since 1.1.4, take where the configuration says nothing. */
	*ret = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	if (!is_there(list))
		return 0;
	rc = count_strings(list, "flags", ARRAY_SIZE(flags), &count, err);
	if (rc < 0)
		return rc;
	for (const struct json *each = json_first(list); each; each = json_next(each)) {
		size_t i = 0;

		while (i < ARRAY_SIZE(flags) && strcmp(json_string(each), flags[i].name) != 0)
			i++;
		if (i == ARRAY_SIZE(flags))
			return err_set(err, EINVAL, "an unknown flag %s", json_string(each));
		found |= flags[i].flag;
	}
	*ret = found;
	return 0;
}

static int take_condition(const struct json *value, struct seccomp_condition *ret, struct err *err)
{
	const char *name = json_string(json_get(value, "op"));
	const struct json *two = json_get(value, "valueTwo");
	uint64_t argument;

	if (!json_unsigned(json_get(value, "index"), &argument) || argument >= SECCOMP_ARGUMENTS)
		return err_set(err, EINVAL, "args: an index that no system call has");
	if (!json_unsigned(json_get(value, "value"), &ret->value) ||
		(is_there(two) && !json_unsigned(two, &ret->value_two)))
		return err_set(err, EINVAL, "args: a value that is no number of 64 bits");
	ret->argument = (unsigned int)argument;
	for (size_t i = 0; name && i < ARRAY_SIZE(operators); i++)
		if (strcmp(name, operators[i].name) == 0) {
			ret->operator= operators[i].operator;
			return 0;
		}
	return err_set(err, EINVAL, "args: an unknown operator %s", name ? name : "");
}

static int take_conditions(const struct json *list, struct seccomp_rule *rule, struct err *err)
{
	int rc = 0;

	if (!is_there(list))
		return 0;
	if (!json_is_array(list))
		return err_set(err, EINVAL, "args: not an array");
	for (const struct json *each = json_first(list); rc == 0 && each; each = json_next(each)) {
		if (rule->condition_count == SECCOMP_CONDITIONS_LIMIT)
			return err_set(err, E2BIG, "args: more than %d", SECCOMP_CONDITIONS_LIMIT);
		rc = take_condition(each, &rule->conditions[rule->condition_count++], err);
	}
	return rc;
}

/* *NAMES: of all rules so far. */
static int take_rule(const struct json *value, struct seccomp_rule *rule, size_t *names, struct err *err)
{
	size_t count = 0;
	int rc;

	rule->names = json_get(value, "names");
	rc = count_strings(rule->names, "names", SECCOMP_NAMES_LIMIT - *names, &count, err);
	if (rc == 0)
		rc = take_action(json_get(value, "action"), json_get(value, "errnoRet"), &rule->action, err);
	if (rc == 0)
		rc = take_conditions(json_get(value, "args"), rule, err);
	*names += count;
	return rc < 0 ? err_prefix(err, "syscalls") : 0;
}

static int take_rules(const struct json *list, struct seccomp_profile *profile, struct err *err)
{
	size_t count = 0, names = 0;
	int rc = 0;

	if (!is_there(list))
		return 0;
	if (!json_is_array(list))
		return err_set(err, EINVAL, "syscalls: not an array");
	for (const struct json *each = json_first(list); each; each = json_next(each))
		if (++count > SECCOMP_RULES_LIMIT)
			return err_set(err, E2BIG, "syscalls: more than %d", SECCOMP_RULES_LIMIT);
	profile->rules = calloc(count + 1, sizeof(*profile->rules));
	if (!profile->rules)
		return err_errno(err, ENOMEM, "syscalls");
	for (const struct json *each = json_first(list); rc == 0 && each; each = json_next(each))
		rc = take_rule(each, &profile->rules[profile->rule_count++], &names, err);
	return rc;
}

static int take_architectures(const struct json *list, struct seccomp_profile *profile, struct err *err)
{
	size_t count;

	if (!is_there(list))
		return 0;
	profile->architectures = list;
	return count_strings(list, "architectures", SECCOMP_ARCHITECTURES_LIMIT, &count, err);
}

static int take_profile(const struct json *value, struct seccomp_profile *profile, struct err *err)
{
	int rc = take_action(json_get(value, "defaultAction"), json_get(value, "defaultErrnoRet"),
		&profile->default_action, err);

	if (rc == 0)
		rc = take_architectures(json_get(value, "architectures"), profile, err);
	if (rc == 0)
		rc = take_flags(json_get(value, "flags"), &profile->flags, err);
	return rc == 0 ? take_rules(json_get(value, "syscalls"), profile, err) : rc;
}

int seccomp_profile_parse(const char *text, size_t length, struct seccomp_profile *ret, struct err *err)
{
	cleanup_seccomp_profile struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	const struct json *value;
	int rc = json_parse(text, length, &profile.document, err);

	if (rc < 0)
		return err_prefix(err, "config.json");
	if (!json_is_object(profile.document))
		return err_set(err, EINVAL, "config.json: not an object");
	value = json_get(json_get(profile.document, "linux"), "seccomp");
	if (!is_there(value))
		return 0;
	rc = take_profile(value, &profile, err);
	if (rc < 0)
		return err_prefix(err, "config.json: linux.seccomp");
	*ret = profile;
	profile = SECCOMP_PROFILE_NONE;
	return 1;
}

void seccomp_profile_release(struct seccomp_profile *profile)
{
	json_free(profile->document);
	free_keep_errno(&profile->rules);
	*profile = SECCOMP_PROFILE_NONE;
}
