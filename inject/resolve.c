/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inject.h"
#include "mnt.h"
#include "mountinfo.h"
#include "path.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { CANDIDATES = 8 };

/* What engines make up is cut, as they show it; what a person chose is not. */
const char *shown_id(const char *id, char buffer[16])
{
	if (strlen(id) != 64 || strspn(id, "0123456789abcdef") != 64)
		return id;
	snprintf(buffer, 16, "%.12s", id);
	return buffer;
}

const char *shown_name(const struct known *container, char buffer[16])
{
	return container->name ? container->name : shown_id(container->record.id, buffer);
}

/* Adds "NAME (ID)" to LIST, a text of SIZE bytes; after some, dots. */
static void add_candidate(char *list, size_t size, size_t number, const struct known *container)
{
	size_t used = strlen(list);
	const char *name = container->name;
	char buffer[16];

	if (number < CANDIDATES)
		snprintf(list + used, size - used, "%s%s%s%s%s", number ? ", " : "", name ? name : "",
			name ? " (" : "", shown_id(container->record.id, buffer), name ? ")" : "");
	else if (number == CANDIDATES)
		snprintf(list + used, size - used, ", ...");
}

static bool by_id(const struct known *container, const char *word)
{
	return strcmp(container->record.id, word) == 0;
}

static bool by_name(const struct known *container, const char *word)
{
	return container->name && strcmp(container->name, word) == 0;
}

static bool by_prefix(const struct known *container, const char *word)
{
	return strncmp(container->record.id, word, strlen(word)) == 0;
}

/* The one live container that MATCHES; null with 0: none. Dead ones only count where no live one does. */
static int find(const struct known_list *known, bool (*matches)(const struct known *, const char *),
	const char *word, struct known **ret, struct err *err)
{
	struct known *found[2] = {NULL, NULL};
	char list[400] = "";
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++) {
		struct known *each = &known->list[i];

		if (!matches(each, word))
			continue;
		found[each->alive] = each;
		if (each->alive)
			add_candidate(list, sizeof(list), count++, each);
	}
	if (count > 1)
		return err_set(err, ENOTUNIQ, "means more than one container: %s; give more of the id", list);
	*ret = found[1] ? found[1] : found[0];
	return 0;
}

static int unknown(const struct known_list *known, struct err *err)
{
	char list[400] = "";
	size_t count = 0;

	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].alive)
			add_candidate(list, sizeof(list), count++, &known->list[i]);
	if (count)
		return err_set(err, ENOENT,
			"no container of this name or id was started with the hook; known are: %s", list);
	return err_set(err, ENOENT, "no container is known here: none was started with the hook registered");
}

/* An id first, so that no name can stand for another container's id; then names, then prefixes. */
static int find_word(const struct known_list *known, const char *word, struct known **ret, struct err *err)
{
	static bool (*const ways[])(const struct known *, const char *) = {by_id, by_name, by_prefix};

	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		int rc = find(known, ways[i], word, ret, err);

		if (rc < 0 || *ret)
			return rc;
	}
	return unknown(known, err);
}

/* The container that TARGET is in, told by its own mount table: our mount's root is the id. */
static int find_id_of_process(
	const struct context *context, const struct target *target, char id[256], struct err *err)
{
	cleanup_free char *table = NULL;
	struct mnt_identity masters;
	struct mount_entry entry;
	char *cursor;
	int rc = target_read_mounts(target->proc, &table, err);

	if (rc < 0)
		return rc;
	rc = mnt_identify(context->store.ctr, NULL, &masters);
	if (rc < 0)
		return err_errno(err, -rc, "look at the masters");
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (strcmp(entry.point, "/dev/crashcart") == 0 &&
			makedev(entry.major, entry.minor) == masters.device && path_is_id(entry.root + 1)) {
			snprintf(id, 256, "%s", entry.root + 1);
			return 0;
		}
	return err_set(err, ENOTSUP,
		"it has no mount of ours at /dev/crashcart: not a container, or one that was started without "
		"the hook; "
		"delivery without the hook is not built yet");
}

static int resolve_pid(
	const struct context *context, const char *digits, struct meant *meant, struct err *err)
{
	uint64_t pid;
	char id[256];
	int rc;

	if (!util_number(digits, 1, INT_MAX, &pid))
		return err_set(err, EINVAL, "pid: a process number is wanted, as in pid:1234");
	rc = target_open((pid_t)pid, 0, &meant->target, err);
	if (rc == 0)
		rc = find_id_of_process(context, &meant->target, id, err);
	if (rc == 0)
		rc = collect_one(&context->store, id, &meant->known, err);
	if (rc < 0)
		return rc;
	meant->container = meant->known.list;
	return target_check(&meant->target, err);
}

static int resolve_word(const struct context *context, const char *word, struct meant *meant, struct err *err)
{
	const struct record *record;
	int rc;

	/* A whole id needs no list. */
	if (path_is_id(word) && collect_one(&context->store, word, &meant->known, ERR_IGNORED) == 0) {
		meant->container = meant->known.list;
	} else {
		rc = collect_known(&context->store, &meant->known, err);
		if (rc == 0)
			rc = find_word(&meant->known, word, &meant->container, err);
		if (rc < 0)
			return rc;
	}
	record = &meant->container->record;
	if (target_open(record->pid, record->start_time, &meant->target, ERR_IGNORED) < 0)
		return err_set(err, ESRCH, "it is not running any more; --gc removes what it left");
	return 0;
}

int resolve(const struct context *context, const char *word, struct meant *ret, struct err *err)
{
	*ret = MEANT_NONE;
	ret->word = word;
	if (!*word)
		return err_set(err, EINVAL, "an empty name");
	if (strstr(word, "://"))
		return err_set(err, ENOTSUP, "ENGINE://NAME is not built yet; give the name or the id alone");
	if (strchr(word, '/'))
		return err_set(err, ENOTSUP, "POD/NAME is not built yet; give the name or the id alone");
	if (!context->has_store)
		return unknown(&KNOWN_NONE, err);
	if (strncmp(word, "pid:", 4) == 0)
		return resolve_pid(context, word + 4, ret, err);
	return resolve_word(context, word, ret, err);
}

void meant_close(struct meant *meant)
{
	target_close(&meant->target);
	known_free(&meant->known);
}
