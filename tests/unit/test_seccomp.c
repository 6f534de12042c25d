/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seccomp filters, laid on children of ours: no_new_privs makes that a thing for everybody. */
#include "err.h"
#include "seccomp.h"
#include "seccomp_profile.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int compile(const char *text, struct seccomp_filter *ret, struct err *err)
{
	cleanup_seccomp_profile struct seccomp_profile profile = SECCOMP_PROFILE_NONE;
	int rc = seccomp_profile_parse(text, strlen(text), &profile, err);

	return rc == 1 ? seccomp_compile(&profile, ret, err) : rc;
}

/* A profile that allows all but RULES, for ARCHITECTURES. */
static int compile_rules(
	const char *architectures, const char *rules, struct seccomp_filter *ret, struct err *err)
{
	char text[2048];

	snprintf(text, sizeof(text),
		"{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[%s],"
		"\"syscalls\":[%s]}}}",
		architectures, rules);
	return compile(text, ret, err);
}

/* The exit status of a child that has FILTER and calls FUNCTION, which says -errno or more; 128 + N for a signal; 99: no filter. */
static int try(const struct seccomp_filter *filter, long (*function)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct err err = {0};
		long rc;

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_apply(filter, &err) < 0)
			_exit(99);
		rc = function();
		_exit(rc < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static long make_directory(void)
{
	return mkdirat(AT_FDCWD, "/nowhere/at/all", 0700);
}

static long ask_personality(void)
{
	return syscall(SYS_personality, 0xffffffff);
}

static long set_personality(void)
{
	return syscall(SYS_personality, ADDR_NO_RANDOMIZE);
}

/* Of all 64 bits of an argument. */
static long seek_far(void)
{
	return lseek(99, (off_t)INT64_C(0x100000001), SEEK_SET);
}

static long seek_near(void)
{
	return lseek(99, 1, SEEK_SET);
}

static void test_rules(void)
{
	struct seccomp_filter filter = SECCOMP_FILTER_NONE;
	struct err err = {0};

	tap_number(compile_rules("",
			   "{\"names\":[\"mkdirat\",\"no_such_call\"],\"action\":\"SCMP_ACT_ERRNO\","
			   "\"errnoRet\":71},"
			   "{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":72,"
			   "\"args\":[{\"index\":0,\"value\":262144,\"op\":\"SCMP_CMP_EQ\"}]},"
			   "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
			   "{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":73,"
			   "\"args\":[{\"index\":1,\"value\":4294967297,\"op\":\"SCMP_CMP_EQ\"}]}",
			   &filter, &err),
		0, "rules, a name that nobody knows, and one that says what holds anyway %s", err.text);
	tap_ok(filter.count > 4 && filter.flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW, "make a program");
	tap_number(try(&filter, make_directory), 71, "an error of the profile's");
	tap_number(try(&filter, set_personality), 72, "an argument that is forbidden");
	tap_number(try(&filter, ask_personality), 0, "and one that is not");
	tap_number(try(&filter, seek_far), 73, "a value of more than 32 bits");
	tap_number(try(&filter, seek_near), EBADF, "and its lower half");
	seccomp_filter_free(&filter);
	tap_ok(!filter.list && !filter.count, "freed is empty");
}

static void test_actions(void)
{
	static const struct {
		const char *action;
		int wanted;
	} cases[] = {{"SCMP_ACT_ERRNO", EPERM}, {"SCMP_ACT_KILL", 128 + SIGSYS},
		{"SCMP_ACT_KILL_PROCESS", 128 + SIGSYS}, {"SCMP_ACT_TRAP", 128 + SIGSYS},
		{"SCMP_ACT_LOG", ENOENT}, {"SCMP_ACT_TRACE", ENOSYS}, {"SCMP_ACT_NOTIFY", ENOSYS}};
	struct err err = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seccomp_filter filter = SECCOMP_FILTER_NONE;
		char rule[128];

		snprintf(rule, sizeof(rule), "{\"names\":[\"mkdirat\"],\"action\":\"%s\"}", cases[i].action);
		tap_number(compile_rules("", rule, &filter, &err), 0, "%s %s", cases[i].action, err.text);
		tap_number(try(&filter, make_directory), cases[i].wanted,
			"and what it does, without anybody to ask");
		seccomp_filter_free(&filter);
	}
}

/* Different arguments: all of them; one twice: any. */
static void test_conditions(void)
{
	static const char all[] =
		"{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71,\"args\":["
		"{\"index\":0,\"value\":99,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":2,\"op\":\"SCMP_"
		"CMP_GE\"}]}";
	static const char any[] =
		"{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":71,\"args\":["
		"{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":1,\"op\":\"SCMP_CMP_"
		"EQ\"}]}";
	struct seccomp_filter filter = SECCOMP_FILTER_NONE;
	struct err err = {0};

	tap_number(compile_rules("", all, &filter, &err), 0, "two arguments %s", err.text);
	tap_number(try(&filter, seek_near), EBADF, "one of two that holds is not enough");
	tap_number(try(&filter, seek_far), 71, "both are");
	seccomp_filter_free(&filter);
	tap_number(compile_rules("", any, &filter, &err), 0, "one argument twice %s", err.text);
	tap_number(try(&filter, seek_near), 71, "one of two is enough");
	tap_number(try(&filter, seek_far), EBADF, "none is not");
	seccomp_filter_free(&filter);
}

/* What engines write, which everything that we do has to live with. */
static void test_engines(void)
{
	static const char *const files[] = {"tests/samples/podman-crun/config.json",
		"tests/samples/podman-runc/config.json", "tests/samples/docker/config.json",
		"tests/samples/crio-crun/config.json"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct seccomp_filter filter = SECCOMP_FILTER_NONE;
		char *text = tap_read(files[i], NULL);
		struct err err = {0};

		tap_number(compile(text, &filter, &err), 0, "%s %s", files[i], err.text);
		tap_number(try(&filter, make_directory), ENOENT, "what it allows");
		tap_number(try(&filter, set_personality), strstr(files[i], "docker") ? EPERM : ENOSYS,
			"what it does not");
		free(text);
		seccomp_filter_free(&filter);
	}
}

static void test_wrong(void)
{
	struct seccomp_filter filter = SECCOMP_FILTER_NONE;
	struct err err = {0};

	tap_number(compile_rules("\"SCMP_ARCH_PDP11\"", "", &filter, &err), -EINVAL,
		"an architecture of nobody's");
	tap_contains(err.text, "unknown architecture SCMP_ARCH_PDP11", "is named");
	tap_number(compile_rules(
			   "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_S390X\"",
			   "", &filter, &err),
		-EINVAL, "architectures that cannot go together (byte order)");
	tap_ok(!filter.list, "nothing was made");
}

int main(void)
{
	struct seccomp_filter filter = SECCOMP_FILTER_NONE;
	struct err err = {0};

	if (compile_rules("", "", &filter, &err) == -ENOTSUP) {
		tap_skip("cannot run here: built without libseccomp", "filters");
		return tap_done();
	}
	seccomp_filter_free(&filter);
	test_rules();
	test_actions();
	test_conditions();
	test_engines();
	test_wrong();
	return tap_done();
}
