/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include "util.h"

#include <stdio.h>
#include <string.h>

enum meaning { NOTHING, ROOT, LOG, LOG_FORMAT, BUNDLE, OTHER_CONFIG, NO_CONTAINER };

struct flag {
	const char *name;
	const char *letters; /* empty: none */
	bool has_value;
	enum meaning meaning;
};

/* Of runc 1.1 to 1.3, crun 1.8 to 1.26, youki 0.5. Where they differ in whether there is a value, none is here. */
static const struct flag before_verb[] = {
	{"cgroup-manager", "", true, NOTHING},
	{"criu", "", true, NOTHING},
	{"debug", "", false, NOTHING},
	{"help", "h?", false, NO_CONTAINER},
	{"log", "l", true, LOG},
	{"log-format", "", true, LOG_FORMAT},
	{"log-level", "", true, NOTHING},
	{"root", "r", true, ROOT},
	{"rootless", "", true, NOTHING},
	{"systemd-cgroup", "s", false, NOTHING},
	{"usage", "", false, NO_CONTAINER},
	{"version", "vV", false, NO_CONTAINER},
};

static const struct flag behind_verb[] = {
	{"auto-dedup", "", false, NOTHING},
	{"bundle", "b", true, BUNDLE},
	{"config", "f", true, OTHER_CONFIG},
	{"console-socket", "c", true, NOTHING},
	{"detach", "d", false, NOTHING},
	{"empty-ns", "", true, NOTHING},
	{"ext-unix-sk", "", false, NOTHING},
	{"file-locks", "", false, NOTHING},
	{"help", "h?", false, NO_CONTAINER},
	{"image-path", "", true, NOTHING},
	{"keep", "", false, NOTHING},
	{"lazy-pages", "", false, NOTHING},
	{"lsm-mount-context", "", true, NOTHING},
	{"lsm-profile", "", true, NOTHING},
	{"manage-cgroups-mode", "", true, NOTHING},
	{"no-new-keyring", "", false, NOTHING},
	{"no-pivot", "", false, NOTHING},
	{"no-subreaper", "", false, NOTHING},
	{"pid-file", "p", true, NOTHING},
	{"pidfd-socket", "", true, NOTHING},
	{"preserve-fds", "", true, NOTHING},
	{"shell-job", "", false, NOTHING},
	{"tcp-close", "", false, NOTHING},
	{"tcp-established", "", false, NOTHING},
	{"usage", "", false, NO_CONTAINER},
	{"work-path", "", true, NOTHING},
};

struct table {
	const struct flag *flags;
	size_t count;
};

/* Where a parse stands. */
struct place {
	char *const *next;
	struct options *options;
	bool no_container; /* help or a version is wanted */
};

/* The flag NAME, LENGTH bytes; or with PREFIX the only one that begins so, as getopt_long has it. */
static const struct flag *find_name(const struct table *table, const char *name, size_t length, bool prefix)
{
	const struct flag *found = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct flag *flag = &table->flags[i];

		if (strncmp(flag->name, name, length) != 0)
			continue;
		if (flag->name[length] == '\0')
			return flag;
		if (prefix && found)
			return NULL;
		if (prefix)
			found = flag;
	}
	return found;
}

static const struct flag *find_letter(const struct table *table, char letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (letter && strchr(table->flags[i].letters, letter))
			return &table->flags[i];
	return NULL;
}

static void doubt(struct options *options, const char *what, const char *word)
{
	snprintf(options->doubt, sizeof(options->doubt), "%s: %s", what, word);
}

static void apply(struct place *place, const struct flag *flag, const char *value)
{
	switch (flag->meaning) {
	case ROOT:
		place->options->root = value;
		break;
	case LOG:
		place->options->log = value;
		break;
	case LOG_FORMAT:
		place->options->log_is_json = value && strcmp(value, "json") == 0;
		break;
	case BUNDLE:
		place->options->bundle = value;
		break;
	case OTHER_CONFIG:
		place->options->other_config = true;
		break;
	case NO_CONTAINER:
		place->no_container = true;
		break;
	case NOTHING:
		break;
	}
}

/* VALUE: behind "=" or in the same word; null: the next word is it, where one is wanted. */
static void take(struct place *place, const struct flag *flag, const char *value, const char *word)
{
	if (flag->has_value && !value)
		value = *place->next ? *place->next++ : NULL;
	if (flag->has_value && !value)
		doubt(place->options, "a flag without its value", word);
	else
		apply(place, flag, value);
}

/* "-db DIR", "-bDIR", and Go's "-b=DIR". */
static void take_letters(struct place *place, const struct table *table, const char *word)
{
	for (const char *letter = word + 1; *letter && !place->options->doubt[0]; letter++) {
		const struct flag *flag = find_letter(table, *letter);

		if (!flag) {
			doubt(place->options, "a flag that is not known", word);
			return;
		}
		if (flag->has_value) {
			const char *rest = letter + 1;

			take(place, flag, *rest ? rest + (*rest == '=') : NULL, word);
			return;
		}
		if (letter[1] == '=') /* Go's bool */
			return;
		apply(place, flag, NULL);
	}
}

static void take_flag(struct place *place, const struct table *table, const char *word)
{
	bool two = word[1] == '-';
	const char *name = word + 1 + two;
	size_t length = strcspn(name, "=");
	const struct flag *flag = find_name(table, name, length, false);

	if (!flag && length == 1)
		flag = find_letter(table, *name);
	if (!flag && two)
		flag = find_name(table, name, length, true);
	if (flag)
		take(place, flag, name[length] ? name + length + 1 : NULL, word);
	else if (two)
		doubt(place->options, "a flag that is not known", word);
	else
		take_letters(place, table, word);
}

static bool is_flag(const char *word)
{
	return word[0] == '-' && word[1] != '\0';
}

/* Words up to the verb. */
static void parse_before(struct place *place)
{
	static const struct table table = {before_verb, ARRAY_SIZE(before_verb)};
	const char *word;

	while (!place->options->doubt[0] && !place->options->verb && (word = *place->next)) {
		place->next++;
		if (strcmp(word, "--") == 0)
			place->options->verb = *place->next ? *place->next++ : NULL;
		else if (is_flag(word))
			take_flag(place, &table, word);
		else
			place->options->verb = word;
	}
}

/* Words behind the verb: one of them is the id. */
static void parse_behind(struct place *place)
{
	static const struct table table = {behind_verb, ARRAY_SIZE(behind_verb)};
	struct options *options = place->options;
	bool flags = true;
	const char *word;

	while (!options->doubt[0] && (word = *place->next)) {
		place->next++;
		if (flags && strcmp(word, "--") == 0)
			flags = false;
		else if (flags && is_flag(word))
			take_flag(place, &table, word);
		else if (options->id)
			doubt(options, "a word too many", word);
		else
			options->id = word;
	}
	if (!options->id && !options->doubt[0])
		doubt(options, "no container's id behind the verb", options->verb);
}

static bool is_making(const char *verb)
{
	static const char *const verbs[] = {"create", "restore", "run"};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

/* A flag that is not known may have a value, which is then no verb: is there anything that may be one? */
static bool may_make(char *const *words)
{
	for (; *words; words++)
		if (is_making(*words))
			return true;
	return false;
}

void options_parse(char *const *arguments, struct options *ret)
{
	struct place place = {.options = ret, .next = arguments};

	*ret = (struct options){0};
	if (*place.next)
		place.next++;
	parse_before(&place);
	if (ret->doubt[0] && !may_make(place.next))
		ret->doubt[0] = '\0';
	if (ret->doubt[0] || place.no_container || !ret->verb || !is_making(ret->verb))
		return;
	parse_behind(&place);
	if (place.no_container)
		ret->doubt[0] = '\0';
	ret->makes_container = !ret->doubt[0] && !place.no_container;
}
