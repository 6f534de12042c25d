/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "json.h"
#include "path.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>

void policy_default(struct policy *ret)
{
	*ret = (struct policy){
		.enable = POLICY_ALL,
		.allow_opt_out = true,
		.log_level = LOG_NOTICE,
		.tools = "/var/lib/oci-crashcart/tools",
		.pack_cache = "/var/cache/oci-crashcart",
		.pack_cache_size = (uint64_t)1 << 30,
		.profile = "debug",
		.runtimes = "runc, crun",
		.session = {.memory = (uint64_t)1 << 30, .processes = 1024},
	};
}

/* The place of VALUE in WORDS (COUNT of them), or -1. */
static int word(const char *value, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return (int)i;
	return -1;
}

static bool set_enable(struct policy *policy, const char *value)
{
	static const char *const words[] = {"all", "annotated", "none"};
	int place = word(value, words, ARRAY_SIZE(words));

	if (place >= 0)
		policy->enable = (enum policy_enable)place;
	return place >= 0;
}

static bool set_boolean(bool *setting, const char *value)
{
	static const char *const words[] = {"no", "yes", "false", "true"};
	int place = word(value, words, ARRAY_SIZE(words));

	if (place >= 0)
		*setting = place & 1;
	return place >= 0;
}

static bool set_allow_opt_out(struct policy *policy, const char *value)
{
	return set_boolean(&policy->allow_opt_out, value);
}

static bool set_strict(struct policy *policy, const char *value)
{
	return set_boolean(&policy->strict, value);
}

static bool set_log_level(struct policy *policy, const char *value)
{
	static const char *const words[] = {"error", "warning", "notice", "info", "debug"};
	int place = word(value, words, ARRAY_SIZE(words));

	if (place >= 0)
		policy->log_level = LOG_ERR + place; /* syslog's levels are in this order */
	return place >= 0;
}

static bool set_path(char *setting, size_t size, const char *value)
{
	if (value[0] != '/' || strlen(value) >= size)
		return false;
	memcpy(setting, value, strlen(value) + 1);
	return true;
}

static bool set_tools(struct policy *policy, const char *value)
{
	return set_path(policy->tools, sizeof(policy->tools), value);
}

static bool set_pack_cache(struct policy *policy, const char *value)
{
	return set_path(policy->pack_cache, sizeof(policy->pack_cache), value);
}

static bool set_pack_cache_size(struct policy *policy, const char *value)
{
	return util_size(value, &policy->pack_cache_size);
}

static bool set_profile(struct policy *policy, const char *value)
{
	static const char *const words[] = {"same", "debug", "full"};
	int place = word(value, words, ARRAY_SIZE(words));

	if (place >= 0)
		snprintf(policy->profile, sizeof(policy->profile), "%s", words[place]);
	return place >= 0;
}

static bool set_session_memory(struct policy *policy, const char *value)
{
	uint64_t bytes = 0;

	if (strcmp(value, "none") != 0 && (!util_size(value, &bytes) || bytes == 0))
		return false;
	policy->session.memory = bytes;
	return true;
}

static bool set_session_processes(struct policy *policy, const char *value)
{
	uint64_t number = 0;

	if (strcmp(value, "none") != 0 && !util_number(value, 1, 4 << 20, &number))
		return false;
	policy->session.processes = number;
	return true;
}

/* A name is looked for in directories, so it has none itself. */
static bool is_runtime(const char *word)
{
	return *word == '/' || (*word != '.' && !strchr(word, '/'));
}

static bool set_runtimes(struct policy *policy, const char *value)
{
	cleanup_free char *words = strdup(value);
	char *rest = words, *word, list[sizeof(policy->runtimes)] = "";

	while (words && (word = strsep(&rest, ", \t"))) {
		size_t used = strlen(list);

		if (!*word)
			continue;
		if (!is_runtime(word) || used + strlen(word) + 3 > sizeof(list))
			return false;
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", word);
	}
	if (!*list)
		return false;
	memcpy(policy->runtimes, list, sizeof(list));
	return true;
}

static const struct {
	const char *key;
	bool (*set)(struct policy *policy, const char *value);
	const char *expected;
} keys[] = {
	{"enable", set_enable, "all, annotated or none"},
	{"allow-opt-out", set_allow_opt_out, "yes or no"},
	{"strict", set_strict, "yes or no"},
	{"log-level", set_log_level, "error, warning, notice, info or debug"},
	{"tools", set_tools, "an absolute path"},
	{"pack-cache", set_pack_cache, "an absolute path"},
	{"pack-cache-size", set_pack_cache_size, "a number of bytes, or of K, M, G"},
	{"profile", set_profile, "same, debug or full"},
	{"session-memory", set_session_memory, "a number of bytes, or of K, M, G, or none"},
	{"session-processes", set_session_processes, "a number, or none"},
	{"runtimes", set_runtimes, "names of runtimes or absolute paths, with commas between"},
};

static int set(struct policy *policy, const char *key, const char *value, const char *where, struct err *err)
{
	size_t used = strlen(policy->unknown);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (keys[i].set(policy, value))
			return 0;
		return err_set(err, EINVAL, "%s: %s = %s: expected %s", where, key, value, keys[i].expected);
	}
	snprintf(policy->unknown + used, sizeof(policy->unknown) - used, "%s%s", used ? ", " : "", key);
	return 0;
}

/* Cuts blanks at both ends, in place. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int parse_line(char *line, const char *where, struct policy *policy, struct err *err)
{
	char *key = trim(line), *equals = strchr(key, '=');

	if (*key == '\0' || *key == '#')
		return 0;
	if (!equals)
		return err_set(err, EINVAL, "%s: not a `key = value` line", where);
	*equals = '\0';
	if (*trim(key) == '\0')
		return err_set(err, EINVAL, "%s: a value without a key", where);
	return set(policy, trim(key), trim(equals + 1), where, err);
}

int policy_parse(const char *text, const char *name, struct policy *policy, struct err *err)
{
	cleanup_free char *lines = strdup(text);
	char *rest = lines, *line, where[512];
	unsigned int number = 0;
	int first = 0;

	if (!lines)
		return err_errno(err, ENOMEM, "%s", name);
	while ((line = strsep(&rest, "\n"))) {
		int rc;

		snprintf(where, sizeof(where), "%s:%u", name, ++number);
		rc = parse_line(line, where, policy, first < 0 ? ERR_IGNORED : err);
		if (rc < 0 && first == 0)
			first = rc;
	}
	return first;
}

static int read_at(int dirfd, const char *name, const char *shown, struct policy *policy, struct err *err)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	cleanup_free char *text = NULL;
	struct stat st;
	size_t length;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_errno(err, errno, "open %s", shown);
	if (path_check_trusted(fd, shown, err) < 0)
		return -err->number;
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "stat %s", shown);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a regular file", shown);
	if (io_read_all(fd, POLICY_SIZE_LIMIT, &text, &length, err) < 0)
		return err_prefix(err, "%s", shown);
	if (strlen(text) != length)
		return err_set(err, EINVAL, "%s: a NUL byte in a text", shown);
	return policy_parse(text, shown, policy, err);
}

int policy_read_file(const char *file, struct policy *policy, struct err *err)
{
	return read_at(AT_FDCWD, file, file, policy, err);
}

static int is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

int policy_read_directory(const char *directory, struct policy *policy, struct err *err)
{
	cleanup_fd int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **entries = NULL;
	int count, first = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "open %s", directory);
	if (path_check_trusted(fd, directory, err) < 0)
		return -err->number;
	if (io_is_empty(fd)) /* as it is after the installation */
		return 0;
	count = io_scan(fd, &entries, is_conf);
	if (count < 0)
		return err_errno(err, errno, "read %s", directory);
	for (int i = 0; i < count; i++) {
		char shown[4400];
		int rc;

		snprintf(shown, sizeof(shown), "%s/%s", directory, entries[i]->d_name);
		rc = read_at(fd, entries[i]->d_name, shown, policy, first < 0 ? ERR_IGNORED : err);
		if (rc < 0 && first == 0)
			first = rc;
		free(entries[i]);
	}
	free(entries);
	return first;
}

int policy_load(const char *override, struct policy *policy, struct err *err)
{
	int rc, first;

	if (override)
		return policy_read_file(override, policy, err);
	first = policy_read_file(DATADIR "/oci-crashcart/crashcart.conf", policy, err);
	rc = policy_read_file(
		SYSCONFDIR "/oci-crashcart/crashcart.conf", policy, first < 0 ? ERR_IGNORED : err);
	if (first == 0)
		first = rc;
	rc = policy_read_directory(SYSCONFDIR "/oci-crashcart/conf.d", policy, first < 0 ? ERR_IGNORED : err);
	return first < 0 ? first : rc;
}

const char *policy_refusal(const struct policy *policy, const struct json *annotations)
{
	const char *wish = json_string(json_get(annotations, "oci-crashcart/enable"));

	if (policy->enable == POLICY_NONE)
		return "the configuration says enable = none";
	if (policy->enable == POLICY_ANNOTATED && !(wish && strcmp(wish, "true") == 0))
		return "the configuration says enable = annotated, and the annotation oci-crashcart/enable "
		       "is not true";
	if (policy->allow_opt_out && wish && strcmp(wish, "false") == 0)
		return "the annotation oci-crashcart/enable is false";
	return NULL;
}
