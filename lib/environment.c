/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "environment.h"

#include "err.h"
#include "util.h"

#include <string.h>

void environment_free(struct environment *environment)
{
	for (size_t i = 0; i < environment->count; i++)
		free(environment->list[i]);
	free(environment->list);
	*environment = (struct environment){0};
}

/* The place of NAME's entry, or one behind the last. */
static size_t find(const struct environment *environment, const char *name)
{
	size_t length = strlen(name), i;

	for (i = 0; i < environment->count; i++)
		if (strncmp(environment->list[i], name, length) == 0 && environment->list[i][length] == '=')
			break;
	return i;
}

const char *environment_get(const struct environment *environment, const char *name)
{
	size_t place = find(environment, name);

	return place < environment->count ? environment->list[place] + strlen(name) + 1 : NULL;
}

static int append(struct environment *environment, char *entry, struct err *err)
{
	char **longer;

	if (environment->count == ENVIRONMENT_COUNT_LIMIT)
		return err_set(err, E2BIG, "more than %d variables", ENVIRONMENT_COUNT_LIMIT);
	longer = realloc(environment->list, (environment->count + 2) * sizeof(*longer));
	if (!longer)
		return err_errno(err, ENOMEM, "environment");
	longer[environment->count++] = entry;
	longer[environment->count] = NULL;
	environment->list = longer;
	return 0;
}

int environment_set(struct environment *environment, const char *name, const char *value, struct err *err)
{
	size_t place = find(environment, name);
	cleanup_free char *entry = util_printf("%s=%s", name, value);
	int rc = 0;

	if (!entry)
		return err_errno(err, ENOMEM, "environment");
	if (place < environment->count) {
		free(environment->list[place]);
		environment->list[place] = TAKE_PTR(entry);
		return 0;
	}
	rc = append(environment, entry, err);
	if (rc == 0)
		entry = NULL;
	return rc;
}

/* What loaders, C libraries, interpreters, shells and tools load, run or read because a variable says so. */
static const char *const beginnings[] = {
	"LD_",
	"AWK",
	"BASH_", /* BASH_ENV */
	"CURL_",
	"DEBUGINFOD_",
	"GCONV_",
	"GDB",
	"GEM_",
	"GIT_",
	"GLIBC_",
	"GREP_",
	"LC_",
	"LESS", /* LESSOPEN is a command */
	"LTRACE_",
	"LUA_",
	"MALLOC_",
	"NODE_",
	"OPENSSL_",
	"PERL",
	"PROMPT_",
	"PS", /* PS1 to PS4: commands in them are run */
	"PYTHON",
	"RSYNC_",
	"RUBY",
	"SSH_",
	"SSL",
	"STRACE_",
	"TAR_", /* TAR_OPTIONS may hold --to-command */
	"TERM",
	"VIM",
	"XDG_",
	"ZSH",
};

static const char *const names[] = {
	"BASHOPTS",
	"BROWSER",
	"CDPATH",
	"CLASSPATH",
	"CRASHCART_CONTAINER",
	"EDITOR",
	"ENV",
	"EXINIT",
	"FCEDIT",
	"FPATH",
	"GETCONF_DIR",
	"GLOBIGNORE",
	"HISTFILE",
	"HOME",
	"HOSTALIASES",
	"IFS",
	"INPUTRC",
	"JAVA_TOOL_OPTIONS",
	"JDK_JAVA_OPTIONS",
	"LANG",
	"LANGUAGE",
	"LOCALDOMAIN",
	"LOCPATH",
	"MAGIC",
	"MAIL",
	"MAILPATH",
	"MANPAGER",
	"NIS_PATH",
	"NLSPATH",
	"OLDPWD",
	"PAGER",
	"PATH",
	"PHPRC",
	"PHP_INI_SCAN_DIR",
	"POSIXLY_CORRECT",
	"PWD",
	"RESOLV_HOST_CONF",
	"RES_OPTIONS",
	"SHELL",
	"SHELLOPTS",
	"TCLLIBPATH",
	"TZ", /* may name a file */
	"TZDIR",
	"VISUAL",
	"_JAVA_OPTIONS",
};

bool environment_is_harmless(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	if (!*name || strspn(name, plain) != strlen(name) || (*name >= '0' && *name <= '9'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return false;
	return true;
}

/* ENTRY: "NAME=VALUE". What is none is passed over, as the C library does. */
static int add_entry(struct environment *environment, const char *entry, const char **path, struct err *err)
{
	size_t length = strcspn(entry, "=");
	char name[256];

	if (entry[length] != '=' || length >= sizeof(name))
		return 0;
	memcpy(name, entry, length);
	name[length] = '\0';
	if (strcmp(name, "PATH") == 0)
		*path = entry + length + 1;
	return environment_is_harmless(name) ? environment_set(environment, name, entry + length + 1, err)
					     : 0;
}

int environment_add_container(struct environment *environment, const char *text, size_t length,
	const char **ret_path, struct err *err)
{
	const char *path = NULL;
	int rc = 0;

	for (size_t place = 0; rc == 0 && place < length; place += strlen(text + place) + 1)
		rc = add_entry(environment, text + place, &path, err);
	if (rc == 0)
		*ret_path = path;
	return rc;
}
