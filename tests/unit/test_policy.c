/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration's text: keys and values, right and wrong; and what it means for one container. Files are test_policy_files's. */
#include "err.h"
#include "json.h"
#include "policy.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

/* Reads TEXT over the defaults. An error has to say so in both ways. */
static int parse(const char *text, struct policy *policy, struct err *err)
{
	char *exact = tap_exact(text, strlen(text) + 1);
	int rc;

	policy_default(policy);
	*err = (struct err){0};
	rc = policy_parse(exact, "file", policy, err);
	free(exact);
	if (rc < 0 ? err->number != -rc : err->number != 0)
		abort();
	return rc;
}

static void test_defaults(void)
{
	struct policy policy;

	policy_default(&policy);
	tap_number(policy.enable, POLICY_ALL, "default: enable = all");
	tap_ok(policy.allow_opt_out, "default: allow-opt-out = yes");
	tap_ok(!policy.strict, "default: strict = no");
	tap_number(policy.log_level, LOG_NOTICE, "default: log-level = notice");
	tap_string(policy.tools, "/var/lib/oci-crashcart/tools", "default: tools");
	tap_string(policy.pack_cache, "/var/cache/oci-crashcart", "default: pack-cache");
	tap_number((int64_t)policy.pack_cache_size, 1 << 30, "default: pack-cache-size = 1G");
	tap_number((int64_t)policy.session.memory, 1 << 30, "default: session-memory = 1G");
	tap_number((int64_t)policy.session.processes, 1024, "default: session-processes = 1024");
	tap_string(policy.profile, "debug", "default: profile = debug");
	tap_string(policy.runtimes, "runc, crun", "default: runtimes = runc, crun");
	tap_string(policy.unknown, "", "default: no unknown keys");
}

static void test_words(void)
{
	static const struct {
		const char *line;
		int enable, opt_out, strict, level; /* -1: as by default */
		const char *profile;
	} table[] = {
		{"enable = all", POLICY_ALL, -1, -1, -1, "debug"},
		{"enable = annotated", POLICY_ANNOTATED, -1, -1, -1, "debug"},
		{"enable = none", POLICY_NONE, -1, -1, -1, "debug"},
		{"allow-opt-out = no", -1, 0, -1, -1, "debug"},
		{"allow-opt-out = false", -1, 0, -1, -1, "debug"},
		{"allow-opt-out = yes", -1, 1, -1, -1, "debug"},
		{"strict = yes", -1, -1, 1, -1, "debug"},
		{"strict = true", -1, -1, 1, -1, "debug"},
		{"strict = no", -1, -1, 0, -1, "debug"},
		{"log-level = error", -1, -1, -1, LOG_ERR, "debug"},
		{"log-level = warning", -1, -1, -1, LOG_WARNING, "debug"},
		{"log-level = notice", -1, -1, -1, LOG_NOTICE, "debug"},
		{"log-level = info", -1, -1, -1, LOG_INFO, "debug"},
		{"log-level = debug", -1, -1, -1, LOG_DEBUG, "debug"},
		{"profile = same", -1, -1, -1, -1, "same"},
		{"profile = debug", -1, -1, -1, -1, "debug"},
		{"profile = full", -1, -1, -1, -1, "full"},
		{"runtimes = crun runc", -1, -1, -1, -1, "debug"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct policy got, wanted;
		struct err err;

		policy_default(&wanted);
		if (table[i].enable >= 0)
			wanted.enable = (enum policy_enable)table[i].enable;
		if (table[i].opt_out >= 0)
			wanted.allow_opt_out = table[i].opt_out;
		if (table[i].strict >= 0)
			wanted.strict = table[i].strict;
		if (table[i].level >= 0)
			wanted.log_level = table[i].level;
		tap_number(parse(table[i].line, &got, &err), 0, "taken: %s", table[i].line);
		tap_ok(got.enable == wanted.enable && got.allow_opt_out == wanted.allow_opt_out &&
				got.strict == wanted.strict && got.log_level == wanted.log_level &&
				strcmp(got.profile, table[i].profile) == 0 && !*got.unknown,
			"it sets that, and nothing else: %s", table[i].line);
	}
}

static void test_wrong_values(void)
{
	static const char *const table[][2] = {
		{"enable = some", "file:1: enable = some: expected all, annotated or none"},
		{"enable = ALL", "file:1: enable = ALL: expected all, annotated or none"},
		{"enable =", "file:1: enable = : expected all, annotated or none"},
		{"strict = maybe", "file:1: strict = maybe: expected yes or no"},
		{"strict = 1", "file:1: strict = 1: expected yes or no"},
		{"strict = yes # why", "file:1: strict = yes # why: expected yes or no"},
		{"allow-opt-out = on", "file:1: allow-opt-out = on: expected yes or no"},
		{"log-level = emerg",
			"file:1: log-level = emerg: expected error, warning, notice, info or debug"},
		{"tools = relative/path", "file:1: tools = relative/path: expected an absolute path"},
		{"tools =", "file:1: tools = : expected an absolute path"},
		{"pack-cache = relative", "file:1: pack-cache = relative: expected an absolute path"},
		{"session-memory = 0",
			"file:1: session-memory = 0: expected a number of bytes, or of K, M, G, or none"},
		{"session-processes = 0", "file:1: session-processes = 0: expected a number, or none"},
		{"session-processes = 1K", "file:1: session-processes = 1K: expected a number, or none"},
		{"pack-cache-size = much",
			"file:1: pack-cache-size = much: expected a number of bytes, or of K, M, G"},
		{"profile = root", "file:1: profile = root: expected same, debug or full"},
		{"runtimes =", "file:1: runtimes = : expected names of runtimes or absolute paths, with "
			       "commas between"},
		{"runtimes = , ,", "file:1: runtimes = , ,: expected names of runtimes or absolute paths, "
				   "with commas between"},
		{"runtimes = ./runc", "file:1: runtimes = ./runc: expected names of runtimes or absolute "
				      "paths, with commas between"},
		{"runtimes = bin/runc", "file:1: runtimes = bin/runc: expected names of runtimes or absolute "
					"paths, with commas between"},
		{"enable", "file:1: not a `key = value` line"},
		{"\n# c\n\n  enable: all", "file:4: not a `key = value` line"},
		{"enable = all\nenable = x\nenable = y",
			"file:2: enable = x: expected all, annotated or none"},
	};
	struct policy policy;
	struct err err;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		tap_number(parse(table[i][0], &policy, &err), -EINVAL, "refused: %s", table[i][0]);
		tap_string(err.text, table[i][1], "file, line and reason are said");
	}
}

static void test_runtimes(void)
{
	static const char *const table[][2] = {
		{"runtimes = crun", "crun"},
		{"runtimes = crun runc", "crun, runc"},
		{"runtimes = crun,runc", "crun, runc"},
		{"runtimes = ,\tcrun ,, /opt/bin/runc ,", "crun, /opt/bin/runc"},
		{"runtimes = a\nruntimes = b", "b"},
	};
	struct policy policy;
	struct err err;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		tap_number(parse(table[i][0], &policy, &err), 0, "taken: %s", table[i][0]);
		tap_string(policy.runtimes, table[i][1], "as a list");
	}
}

static void test_behind_a_wrong_line(void)
{
	struct policy policy;
	struct err err;

	tap_number(parse("enable = x\nbroken\nstrict = yes\nenable = none\n", &policy, &err), -EINVAL,
		"an error behind an error is still one");
	tap_contains(err.text, "file:1:", "the first is told");
	tap_ok(policy.strict, "strict counts behind a wrong line");
	tap_number(policy.enable, POLICY_NONE, "and so does the rest");
	tap_number(parse("enable = none\nenable = x\n", &policy, &err), -EINVAL, "a wrong value");
	tap_number(policy.enable, POLICY_NONE, "does not undo a right one");
}

static void test_layout(void)
{
	struct policy policy;
	struct err err;

	tap_number(parse("", &policy, &err), 0, "an empty text");
	tap_number(parse("\n \t\n\r\n", &policy, &err), 0, "blank lines");
	tap_number(parse("# strict = yes\n   # enable = none\n#\n", &policy, &err), 0, "comments");
	tap_ok(!policy.strict && policy.enable == POLICY_ALL, "say nothing");
	tap_number(parse("strict=yes", &policy, &err), 0, "no blanks, and no newline at the end");
	tap_ok(policy.strict, "it counts");
	tap_number(parse(" \t strict \t = \t yes \t \n", &policy, &err), 0, "blanks all around");
	tap_ok(policy.strict, "it counts");
	tap_number(parse("strict = yes\r\nenable = none\r\n", &policy, &err), 0, "lines that end in CR LF");
	tap_ok(policy.strict && policy.enable == POLICY_NONE, "they count");
	tap_number(parse("tools = /a b=c # d\n", &policy, &err), 0,
		"a value with blanks, an equals sign and a #");
	tap_string(policy.tools, "/a b=c # d", "it is whole");
	tap_number(parse("enable = none\nenable = all\n", &policy, &err), 0, "a key twice");
	tap_number(policy.enable, POLICY_ALL, "the last counts");
}

static void test_unknown(void)
{
	struct policy policy;
	struct err err;
	char many[4096] = "";

	tap_number(parse("colour = red\nstrict = yes\nStrict = no\n", &policy, &err), 0,
		"unknown keys are no error");
	tap_string(policy.unknown, "colour, Strict", "they are named");
	tap_ok(policy.strict, "keys are told by their case");
	tap_number(parse("= yes\n", &policy, &err), -EINVAL, "a line without a key is no line");
	for (int i = 0; i < 100; i++)
		sprintf(many + strlen(many), "a-key-of-some-length-%d = 1\n", i);
	tap_number(parse(many, &policy, &err), 0, "a hundred of them");
	tap_number((int64_t)strlen(policy.unknown), (int64_t)sizeof(policy.unknown) - 1, "are cut");
}

/* KEY = /xxx... with a value of LENGTH bytes. */
static int parse_long(const char *key, size_t length, struct policy *policy, struct err *err)
{
	char *text = malloc(length + 64);
	size_t used;
	int rc;

	if (!text)
		abort();
	used = (size_t)sprintf(text, "%s = /", key);
	memset(text + used, 'x', length - 1);
	strcpy(text + used + length - 1, "\n");
	rc = parse(text, policy, err);
	free(text);
	return rc;
}

static void test_long(void)
{
	struct policy policy;
	struct err err;

	tap_number(parse_long("tools", sizeof(policy.tools) - 1, &policy, &err), 0, "the longest path");
	tap_number((int64_t)strlen(policy.tools), (int64_t)sizeof(policy.tools) - 1, "it is whole");
	tap_number(parse_long("tools", sizeof(policy.tools), &policy, &err), -EINVAL,
		"one byte more is refused");
	tap_string(policy.tools, "/var/lib/oci-crashcart/tools", "and not taken in part");
	tap_number(parse_long("strict", 60000, &policy, &err), -EINVAL, "a very long wrong value");
	tap_contains(err.text, "file:1: strict = /xxx", "it is named, and cut");
	tap_number(parse_long("profile", 60000, &policy, &err), -EINVAL, "a very long profile");
	tap_string(policy.profile, "debug", "is not taken");
	tap_number(parse_long("runtimes", 2000, &policy, &err), -EINVAL, "a very long list of runtimes");
	tap_string(policy.runtimes, "runc, crun", "is not taken");
}

/* The annotation: not there, true, false, anything else. */
static const char *const wishes[] = {NULL, "{\"oci-crashcart/enable\":\"true\"}",
	"{\"oci-crashcart/enable\":\"false\"}", "{\"oci-crashcart/enable\":\"TRUE\"}",
	"{\"oci-crashcart/enable\":true}", "{\"oci-crashcart/enable\":false}", "{}"};

static void refusal(enum policy_enable enable, bool allow_opt_out, const char *wish, const char *wanted)
{
	static const char *const words[] = {"all", "annotated", "none"};
	struct json *annotations = NULL;
	struct policy policy;
	const char *got;

	policy_default(&policy);
	policy.enable = enable;
	policy.allow_opt_out = allow_opt_out;
	if (wish)
		json_parse(wish, strlen(wish), &annotations, ERR_IGNORED);
	got = policy_refusal(&policy, annotations);
	if (wanted)
		tap_contains(got, wanted, "enable = %s, opt-out %d, %s: refused", words[enable],
			allow_opt_out, wish ? wish : "no annotations");
	else
		tap_string(got, NULL, "enable = %s, opt-out %d, %s: gets its mount", words[enable],
			allow_opt_out, wish ? wish : "no annotations");
	json_free(annotations);
}

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		bool is_true = i == 1, is_false = i == 2; /* only these two words count */

		refusal(POLICY_ALL, true, wishes[i], is_false ? "oci-crashcart/enable is false" : NULL);
		refusal(POLICY_ALL, false, wishes[i], NULL);
		refusal(POLICY_ANNOTATED, true, wishes[i], is_true ? NULL : "is not true");
		refusal(POLICY_ANNOTATED, false, wishes[i], is_true ? NULL : "enable = annotated");
		refusal(POLICY_NONE, true, wishes[i], "enable = none");
		refusal(POLICY_NONE, false, wishes[i], "enable = none");
	}
}

int main(void)
{
	test_defaults();
	test_words();
	test_wrong_values();
	test_runtimes();
	test_behind_a_wrong_line();
	test_layout();
	test_unknown();
	test_long();
	test_refusals();
	return tap_done();
}
