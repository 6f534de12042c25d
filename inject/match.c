/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the containers that are known a word of the command line means. */
#include "inject.h"
#include "ordinary.h"
#include "path.h"

#include <stdio.h>
#include <string.h>

enum { CANDIDATES = 8 };

/* How many of the ways in which a word may mean a container are tried, from the strongest on. */
enum { BY_ID = 1, NOT_BY_PREFIX = 3, ALL_WAYS = 4 };

typedef bool way(const struct known *container, const char *word);

/* As people write the engines; "cri-o" is the project's own way. */
static const struct {
	const char *written, *engine;
} engines[] = {
	{"podman", "podman"},
	{"docker", "docker"},
	{"crio", "crio"},
	{"cri-o", "crio"},
	{"containerd", "containerd"},
	{"nerdctl", "containerd"},
	{"lxc", "lxc"},
	{"nspawn", "nspawn"},
};

/* What is looked for. */
struct wanted {
	const char *engine; /* null: of any */
	const char *word;
};

/* What engines make up is cut, as they show it; what a person chose is not. */
const char *shown_id(const char *id, char buffer[16])
{
	if (!path_is_whole_id(id))
		return id;
	snprintf(buffer, 16, "%.12s", id);
	return buffer;
}

const char *shown_name(const struct known *container, char buffer[16])
{
	return container->name ? container->name : shown_id(container->record.id, buffer);
}

const char *full_name(const struct known *container, char ret[FULL_NAME_SIZE])
{
	const struct pod *pod = container->pod;

	if (!pod)
		return container->name;
	snprintf(ret, FULL_NAME_SIZE, "%s/%s/%s", pod->namespace, pod->name, pod->container);
	return ret;
}

/* What was found so far: how many live ones, and the list of them for a message. */
struct candidates {
	char list[400];
	size_t count;
	const struct known *one;
	const char *engine; /* of one of them; null: all are of unknown ones */
	bool engines_differ, ids_differ;
};

/* Adds "NAME (ENGINE ID)" to the list, or "ID (ENGINE)", with the user whose it is; after some, dots. */
static void add_candidate(struct candidates *candidates, const struct known *container)
{
	size_t used = strlen(candidates->list), rest = sizeof(candidates->list) - used;
	const struct record *record = &container->record;
	const char *comma = candidates->count ? ", " : "";
	char *end = candidates->list + used, buffer[16], text[FULL_NAME_SIZE], owner_text[64];
	const char *id = shown_id(record->id, buffer), *name = full_name(container, text);
	const char *owner = candidates->count < CANDIDATES ? ordinary_owner(container, owner_text) : NULL;
	const char *of = owner ? " of user " : "";

	if (!candidates->one)
		candidates->one = container;
	if (!candidates->engine && strcmp(record->engine, "unknown") != 0)
		candidates->engine = record->engine;
	candidates->engines_differ |= strcmp(candidates->one->record.engine, record->engine) != 0;
	candidates->ids_differ |= strcmp(candidates->one->record.id, record->id) != 0;
	if (candidates->count == CANDIDATES)
		snprintf(end, rest, ", ...");
	else if (candidates->count < CANDIDATES && name)
		snprintf(end, rest, "%s%.100s (%s %s%s%s)", comma, name, record->engine, id, of,
			owner ? owner : "");
	else if (candidates->count < CANDIDATES)
		snprintf(end, rest, "%s%s (%s%s%s)", comma, id, record->engine, of, owner ? owner : "");
	candidates->count++;
}

static int complain_ambiguous(
	const struct candidates *candidates, const struct wanted *wanted, struct err *err)
{
	const struct record *one = &candidates->one->record;

	if (!candidates->ids_differ)
		return err_set(err, ENOTUNIQ,
			"means more than one container: %s; name a process of the one that is meant, as "
			"pid:%d",
			candidates->list, one->pid);
	if (candidates->engines_differ && candidates->engine)
		return err_set(err, ENOTUNIQ,
			"means more than one container: %s; say which, as %s://%s, or by its id",
			candidates->list, candidates->engine, wanted->word);
	if (candidates->one->pod)
		return err_set(err, ENOTUNIQ,
			"means more than one container: %s; say which, as NAMESPACE/POD/NAME, or by its id",
			candidates->list);
	return err_set(
		err, ENOTUNIQ, "means more than one container: %s; give more of the id", candidates->list);
}

static bool by_id(const struct known *container, const char *word)
{
	return strcmp(container->record.id, word) == 0;
}

static bool by_name(const struct known *container, const char *word)
{
	if (container->pod && strcmp(container->pod->container, word) == 0)
		return true;
	return container->name && strcmp(container->name, word) == 0;
}

/* Is *REST what NAME is, and a slash? Then it is what is behind. */
static bool take_part(const char **rest, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(*rest, name, length) != 0 || (*rest)[length] != '/')
		return false;
	*rest += length + 1;
	return true;
}

/* POD/NAME or NAMESPACE/POD/NAME. None of the three has a slash. */
static bool by_pod(const struct known *container, const char *word)
{
	const struct pod *pod = container->pod;
	const char *first = strchr(word, '/');

	if (!pod || !first)
		return false;
	if (strchr(first + 1, '/') && !take_part(&word, pod->namespace))
		return false;
	return take_part(&word, pod->name) && strcmp(word, pod->container) == 0;
}

static bool by_prefix(const struct known *container, const char *word)
{
	return strncmp(container->record.id, word, strlen(word)) == 0;
}

static bool is_of_engine(const struct known *container, const struct wanted *wanted)
{
	return !wanted->engine || strcmp(container->record.engine, wanted->engine) == 0;
}

/* Several live ones match, ONE of them. */
static int ambiguous(const struct known_list *known, const struct known *one, way *matches,
	const struct wanted *wanted, struct err *err)
{
	struct candidates candidates = {.one = one};

	for (size_t i = 0; i < known->count; i++) {
		const struct known *each = &known->list[i];

		if (each->alive && is_of_engine(each, wanted) && matches(each, wanted->word))
			add_candidate(&candidates, each);
	}
	return complain_ambiguous(&candidates, wanted, err);
}

/* The one live container that MATCHES; null with 0: none. Dead ones only count where no live one does. */
static int find(const struct known_list *known, way *matches, const struct wanted *wanted, struct known **ret,
	struct err *err)
{
	struct known *found[2] = {NULL, NULL};
	size_t living = 0;

	for (size_t i = 0; i < known->count; i++) {
		struct known *each = &known->list[i];

		if (!is_of_engine(each, wanted) || !matches(each, wanted->word))
			continue;
		found[each->alive] = each;
		living += each->alive;
	}
	if (living > 1)
		return ambiguous(known, found[1], matches, wanted, err);
	*ret = found[1] ? found[1] : found[0];
	return 0;
}

static int unknown(const struct known_list *known, const struct wanted *wanted, struct err *err)
{
	struct candidates candidates = {0};

	for (size_t i = 0; i < known->count; i++)
		if (known->list[i].alive && is_of_engine(&known->list[i], wanted))
			add_candidate(&candidates, &known->list[i]);
	if (candidates.count)
		return err_set(err, ENOENT, "no running container has this name or id; known are: %s",
			candidates.list);
	if (wanted->engine)
		return err_set(err, ENOENT, "no running container of %s is known here", wanted->engine);
	return err_set(err, ENOENT,
		"no container is known here: none was started with the hook registered, and none by a "
		"runtime whose files are known");
}

/* Cuts "ENGINE://" off the word. */
static int take_engine(struct wanted *wanted, struct err *err)
{
	const char *mark = strstr(wanted->word, "://");
	size_t length = mark ? (size_t)(mark - wanted->word) : 0;

	if (!mark)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++)
		if (strlen(engines[i].written) == length &&
			strncmp(engines[i].written, wanted->word, length) == 0) {
			wanted->engine = engines[i].engine;
			wanted->word = mark + 3;
			return *wanted->word ? 0 : err_set(err, EINVAL, "no name behind the engine");
		}
	return err_set(
		err, EINVAL, "no such engine; known are podman, docker, crio, containerd, lxc and nspawn");
}

const char *match_bare(const char *word)
{
	const char *mark = strstr(word, "://");

	return mark ? mark + 3 : word;
}

/* An id first, so that no name can stand for another container's id; then names, then prefixes. */
static int find_in_ways(
	const struct known_list *known, const char *word, size_t count, struct known **ret, struct err *err)
{
	static way *const ways[] = {by_id, by_name, by_pod, by_prefix};
	struct wanted wanted = {.word = word};
	struct known *found = NULL;
	int rc = take_engine(&wanted, err);

	for (size_t i = 0; rc == 0 && i < count && !found; i++)
		rc = find(known, ways[i], &wanted, &found, err);
	if (rc < 0)
		return rc;
	if (!found)
		return count == ALL_WAYS ? unknown(known, &wanted, err) : 0;
	*ret = found;
	return 0;
}

int match_id(const struct known_list *known, const char *word, struct known **ret, struct err *err)
{
	return find_in_ways(known, word, BY_ID, ret, err);
}

int match_exact(const struct known_list *known, const char *word, struct known **ret, struct err *err)
{
	return find_in_ways(known, word, NOT_BY_PREFIX, ret, err);
}

int match_word(const struct known_list *known, const char *word, struct known **ret, struct err *err)
{
	return find_in_ways(known, word, ALL_WAYS, ret, err);
}
