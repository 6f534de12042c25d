/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Environments: what is set, and what of a container's is taken. */
#include "environment.h"
#include "err.h"
#include "tap.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

static void test_set(void)
{
	cleanup_environment struct environment environment = {0};
	struct err err = {0};

	tap_ok(!environment_get(&environment, "A"), "nothing is in an empty one");
	tap_ok(environment_set(&environment, "A", "1", &err) == 0 &&
			environment_set(&environment, "AB", "2", &err) == 0 &&
			environment_set(&environment, "A", "3=4", &err) == 0,
		"two are set, one of them anew");
	tap_number((int64_t)environment.count, 2, "these are two");
	tap_string(environment_get(&environment, "A"), "3=4", "the later value counts");
	tap_string(environment_get(&environment, "AB"), "2", "a name that begins the same is another");
	tap_string(environment.list[0], "A=3=4", "as execve takes it");
	tap_ok(!environment.list[2], "ended by null");
	tap_ok(environment_set(&environment, "E", "", &err) == 0 &&
			!strcmp(environment_get(&environment, "E"), ""),
		"an empty value");
}

static void test_names(void)
{
	static const char *const bad[] = {"", "1A", "A B", "A-B", "BASH_FUNC_ls%%", "A\n", "\x1b",
		"LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "LD_ANYTHING", "GCONV_PATH", "LOCPATH", "LANG",
		"LC_ALL", "NLSPATH", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5LIB", "PERL5OPT",
		"PERL5DB", "PERLLIB", "RUBYOPT", "NODE_OPTIONS", "BASH_ENV", "ENV", "PS1", "PS4",
		"PROMPT_COMMAND", "SHELLOPTS", "BASHOPTS", "IFS", "CDPATH", "GLOBIGNORE", "HISTFILE",
		"INPUTRC", "TERM", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "GDBHISTFILE", "GDB_DATA",
		"DEBUGINFOD_URLS", "LESSOPEN", "LESSCLOSE", "LESS", "PAGER", "EDITOR", "VISUAL", "VIMINIT",
		"VIMRUNTIME", "EXINIT", "GIT_PAGER", "CURL_HOME", "SSLKEYLOGFILE", "SSL_CERT_FILE",
		"OPENSSL_CONF", "OPENSSL_MODULES", "GLIBC_TUNABLES", "MALLOC_CHECK_", "HOSTALIASES",
		"LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF", "TZ", "TZDIR", "XDG_CONFIG_HOME",
		"TAR_OPTIONS", "HOME", "PATH", "PWD", "OLDPWD", "SHELL", "CRASHCART_CONTAINER",
		"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", NULL};
	static const char *const good[] = {"A", "_", "a1", "DATABASE_URL", "HOSTNAME", "container",
		"JAVA_HOME", "http_proxy", "NO_PROXY", "LDX", "ENVIRONMENT", "PATHS", "HOMEPAGE", "USER",
		"LOGNAME", "TMPDIR", NULL};

	for (size_t i = 0; bad[i]; i++)
		tap_ok(!environment_is_harmless(bad[i]), "not taken: %s", *bad[i] == '\x1b' ? "ESC" : bad[i]);
	for (size_t i = 0; good[i]; i++)
		tap_ok(environment_is_harmless(good[i]), "taken: %s", good[i]);
}

static void test_container(void)
{
	static const char text[] =
		"A=1\0LD_PRELOAD=/evil\0no equals sign\0\0=empty\0PATH=/own/bin\0B=two\nlines\0A=3\0LAST=x";
	cleanup_environment struct environment environment = {0};
	struct err err = {0};
	const char *path = NULL;

	tap_ok(environment_add_container(&environment, text, sizeof(text) - 1, &path, &err) == 0,
		"it is read");
	tap_number((int64_t)environment.count, 3, "three are taken");
	tap_string(environment_get(&environment, "A"), "3", "of two, the later");
	tap_string(environment_get(&environment, "B"), "two\nlines", "a value may have any byte");
	tap_string(environment_get(&environment, "LAST"), "x", "a last one without a NUL");
	tap_string(path, "/own/bin", "PATH is told apart");
	path = NULL;
	tap_ok(environment_add_container(&environment, "", 0, &path, &err) == 0 && !path, "an empty one");
}

static void test_limits(void)
{
	cleanup_environment struct environment environment = {0};
	size_t length = 0, size = (ENVIRONMENT_COUNT_LIMIT + 1) * 16;
	char *text = calloc(1, size), *name = calloc(1, 400);
	struct err err = {0};
	const char *path = NULL;

	for (int i = 0; i < ENVIRONMENT_COUNT_LIMIT; i++)
		length += (size_t)snprintf(text + length, size - length, "V%d=x", i) + 1;
	tap_number(
		environment_add_container(&environment, text, length, &path, &err), 0, "as many as may be");
	tap_number(environment_set(&environment, "ONE_MORE", "x", &err), -E2BIG, "one more is too many");
	tap_number(environment_set(&environment, "V0", "y", &err), 0, "one that is there can be changed");
	environment_free(&environment);
	memset(name, 'N', 300);
	strcpy(name + 300, "=x");
	tap_ok(environment_add_container(&environment, name, 302, &path, &err) == 0 && !environment.count,
		"a name of 300 bytes is passed over");
	free(text);
	free(name);
}

int main(void)
{
	test_set();
	test_names();
	test_container();
	test_limits();
	return tap_done();
}
