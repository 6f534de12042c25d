/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seccomp profile of a config.json, as engines write it and as somebody may have made it. */
#include "err.h"
#include "json.h"
#include "seccomp_profile.h"
#include "tap.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, struct seccomp_profile *ret, struct err *err)
{
	size_t length = strlen(text);
	char *exact = tap_exact(text, length);
	int rc = seccomp_profile_parse(exact, length, ret, err);

	free(exact);
	return rc;
}

/* What the profile {"defaultAction": "SCMP_ACT_ALLOW", MEMBERS} is said to be. */
static int parse_members(const char *members, struct err *err)
{
	struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	char *text = malloc(strlen(members) + 128);
	int rc;

	sprintf(text, "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"%s%s}}}",
		*members ? "," : "", members);
	rc = parse(text, &profile, err);
	if (rc < 0 && profile.document)
		rc = -EPROTO; /* the output was touched */
	seccomp_profile_release(&profile);
	free(text);
	return rc;
}

static void test_all(void)
{
	static const uint32_t wanted[] = {SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
		SECCOMP_RET_ERRNO | 71, SECCOMP_RET_TRACE | 7, SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_LOG, SECCOMP_RET_ALLOW};
	struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	const struct seccomp_condition *conditions;
	struct err err = {0};
	char *text = tap_read("tests/unit/corpus/seccomp/all.json", NULL);

	tap_number(parse(text, &profile, &err), 1, "a profile with all there can be%s", err.text);
	free(text);
	tap_number(profile.default_action, SECCOMP_RET_ERRNO | 38, "the default action with its number");
	tap_string(json_string(json_first(profile.architectures)), "SCMP_ARCH_X86_64", "architectures");
	tap_number(profile.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, "flags");
	tap_number((int64_t)profile.rule_count, 11, "rules");
	for (size_t i = 0; i < profile.rule_count && i < 11; i++)
		tap_number(profile.rules[i].action, wanted[i], "the action of rule %zu", i);
	tap_string(json_string(json_first(profile.rules[0].names)), "read", "names");
	tap_number((int64_t)profile.rules[10].condition_count, 7, "conditions");
	conditions = profile.rules[10].conditions;
	for (unsigned int i = 0; i < 6; i++)
		tap_ok(conditions[i].argument == i && conditions[i].operator==(enum seccomp_operator) i,
			"condition %u", i);
	tap_ok(conditions[5].value == UINT64_MAX, "a value of 64 bits");
	tap_ok(conditions[6].operator== SECCOMP_MASKED_EQUAL && conditions[6]
				.value == UINT32_MAX && conditions[6]
				.value_two == UINT64_C(1)
			<< 63,
		"a mask");
	seccomp_profile_release(&profile);
}

static void test_none(void)
{
	static const char *const texts[] = {"{}", "{\"linux\":{}}", "{\"linux\":{\"seccomp\":null}}",
		"{\"linux\":null}", "{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\"}}"};
	struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		tap_number(parse(texts[i], &profile, &err), 0, "no profile in %s", texts[i]);
	tap_number(parse("[]", &profile, &err), -EINVAL, "an array is no configuration");
	tap_number(parse("{", &profile, &err), -EINVAL, "nor is what is cut short");
	tap_number(parse("{\"linux\":{\"seccomp\":{}}}", &profile, &err), -EINVAL,
		"a profile without an action");
	tap_number(parse("{\"linux\":{\"seccomp\":5}}", &profile, &err), -EINVAL, "one that is no object");
	tap_contains(err.text, "linux.seccomp: an unknown action", "the message says what");
}

static void test_wrong(void)
{
	static const char *const good[] = {"", "\"syscalls\":[]",
		"\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}]",
		"\"syscalls\":null,\"flags\":null,\"architectures\":null", "\"flags\":[]",
		"\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":65535,\"args\":[]}]",
		"\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_TRAP\",\"args\":null}]"};
	static const char *const wrong[] = {"\"syscalls\":{}", "\"syscalls\":5", "\"syscalls\":[5]",
		"\"syscalls\":[null]", "\"syscalls\":[{\"names\":\"a\",\"action\":\"SCMP_ACT_LOG\"}]",
		"\"syscalls\":[{\"names\":[5],\"action\":\"SCMP_ACT_LOG\"}]",
		"\"syscalls\":[{\"names\":[\"a\\u0000b\"],\"action\":\"SCMP_ACT_LOG\"}]",
		"\"syscalls\":[{\"action\":\"SCMP_ACT_LOG\"}]", "\"syscalls\":[{\"names\":[\"a\"]}]",
		"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"scmp_act_log\"}]",
		"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":65536}]",
		"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":-1}]",
		"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":\"1\"}]",
		"\"flags\":[\"SECCOMP_FILTER_FLAG_NONE\"]", "\"flags\":\"SECCOMP_FILTER_FLAG_LOG\"",
		"\"flags\":[5]", "\"architectures\":[5]", "\"architectures\":\"SCMP_ARCH_X86\"",
		"\"defaultErrnoRet\":1e3"};
	struct err err = {0};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		tap_number(parse_members(good[i], &err), 1, "a profile: %s", good[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		tap_number(parse_members(wrong[i], &err), -EINVAL, "none: %s", wrong[i]);
}

static void test_conditions(void)
{
	static const char *const wrong[] = {"5", "{}", "{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}",
		"{\"index\":-1,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}", "{\"index\":0,\"op\":\"SCMP_CMP_EQ\"}",
		"{\"index\":0,\"value\":18446744073709551616,\"op\":\"SCMP_CMP_EQ\"}",
		"{\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\"}",
		"{\"index\":0,\"value\":1,\"valueTwo\":\"1\",\"op\":\"SCMP_CMP_EQ\"}",
		"{\"index\":0,\"value\":1,\"op\":\"EQ\"}", "{\"index\":0,\"value\":1}"};
	char text[512];
	struct err err = {0};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text),
			"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[%s]}]",
			wrong[i]);
		tap_number(parse_members(text, &err), -EINVAL, "no condition: %s", wrong[i]);
	}
}

/* A profile with COUNT times PART, commas between, and what is before and behind. */
static int64_t repeat(const char *before, const char *part, size_t count, const char *behind)
{
	char *text = malloc(strlen(before) + (strlen(part) + 1) * count + strlen(behind) + 1);
	char *end = text + sprintf(text, "%s", before);
	struct err err = {0};
	int rc;

	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "%s%s", i ? "," : "", part);
	sprintf(end, "%s", behind);
	rc = parse_members(text, &err);
	free(text);
	return rc;
}

static void test_limits(void)
{
	static const char *const rule = "{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\"}";
	static const char *const condition = "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}";
	static const char *const names[] = {
		"\"syscalls\":[{\"names\":[\"b\"],\"action\":\"SCMP_ACT_LOG\"},{\"names\":[",
		"],\"action\":\"SCMP_ACT_LOG\"}]"};
	static const char *const args[] = {
		"\"syscalls\":[{\"names\":[\"a\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[", "]}]"};

	tap_number(repeat("\"syscalls\":[", rule, SECCOMP_RULES_LIMIT, "]"), 1, "as many rules as may be");
	tap_number(repeat("\"syscalls\":[", rule, SECCOMP_RULES_LIMIT + 1, "]"), -E2BIG, "one more");
	tap_number(
		repeat(names[0], "\"a\"", SECCOMP_NAMES_LIMIT - 1, names[1]), 1, "as many names as may be");
	tap_number(
		repeat(names[0], "\"a\"", SECCOMP_NAMES_LIMIT, names[1]), -E2BIG, "one more, in two rules");
	tap_number(repeat(args[0], condition, SECCOMP_CONDITIONS_LIMIT, args[1]), 1, "as many conditions");
	tap_number(repeat(args[0], condition, SECCOMP_CONDITIONS_LIMIT + 1, args[1]), -E2BIG, "one more");
	tap_number(repeat("\"architectures\":[", "\"a\"", SECCOMP_ARCHITECTURES_LIMIT + 1, "]"), -E2BIG,
		"too many architectures");
}

int main(void)
{
	test_all();
	test_none();
	test_wrong();
	test_conditions();
	test_limits();
	return tap_done();
}
