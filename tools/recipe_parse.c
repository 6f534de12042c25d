/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a recipe. */
#include "err.h"
#include "recipe.h"
#include "recipe_file.h"
#include "recipe_path.h"
#include "util.h"
#include "words.h"

#include <errno.h>
#include <string.h>

#define TREE "/dev/crashcart/"
enum { REPLACE_LEAST = 4 };

struct parser {
	struct recipe *recipe;
	const char *file;
	unsigned int line;
	const char *key;
	size_t entries;
	bool programs; /* the key was there */
	struct err *err;
};

/* Returns -EINVAL: what is wrong with VALUE, a word of the line, or null. */
static int refuse(const struct parser *parser, const char *why, const char *value)
{
	return err_set(parser->err, EINVAL, "%s:%u: %s: %s%s%s", parser->file, parser->line, parser->key, why,
		value ? ": " : "", value ?: "");
}

static int no_memory(const struct parser *parser)
{
	return err_errno(parser->err, ENOMEM, "%s:%u", parser->file, parser->line);
}

static int take_name(struct parser *parser, struct recipe_name **list, size_t *count, const char *word)
{
	struct recipe_name *name = recipe_append(list, count, sizeof(*name));

	if (!name || recipe_name_set(name, word) < 0)
		return no_memory(parser);
	return names_is_plain(name->name) ? 0 : refuse(parser, "not a plain name", word);
}

static int take_names(
	struct parser *parser, struct recipe_name **list, size_t *count, const struct names *words)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < words->count; i++)
		rc = take_name(parser, list, count, words->item[i]);
	return rc;
}

static int take_programs(struct parser *parser, const struct names *words)
{
	parser->programs = true;
	return take_names(parser, &parser->recipe->programs, &parser->recipe->program_count, words);
}

static int take_needs(struct parser *parser, const struct names *words)
{
	return take_names(parser, &parser->recipe->needs, &parser->recipe->need_count, words);
}

static int take_libraries(struct parser *parser, const struct names *words)
{
	return take_names(parser, &parser->recipe->libraries, &parser->recipe->library_count, words);
}

static int take_data(struct parser *parser, const struct names *words)
{
	const char *source = words->item[0], *target = words->item[1];
	struct recipe *recipe = parser->recipe;
	struct recipe_data *data;

	if (!recipe_path_is_below(source) && !recipe_path_is_absolute(source))
		return refuse(
			parser, "neither an absolute path nor one below the recipe's directory", source);
	if (!recipe_path_is_target(target))
		return refuse(parser, "not a path below the tree", target);
	data = recipe_append(&recipe->data, &recipe->data_count, sizeof(*data));
	if (!data)
		return no_memory(parser);
	data->source = strdup(source);
	data->target = strdup(strcmp(target, ".") == 0 ? "" : target);
	data->optional = strcmp(parser->key, "data?") == 0;
	return data->source && data->target ? 0 : no_memory(parser);
}

static int take_exclude(struct parser *parser, const struct names *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!*words->item[i])
			return refuse(parser, "an empty pattern", NULL);
		if (names_add(&parser->recipe->excludes, words->item[i]) < 0)
			return no_memory(parser);
	}
	return 0;
}

static const char *wrong_in_replace(const char *from, const char *to)
{
	size_t length = strlen(to);

	if (strlen(from) < REPLACE_LEAST)
		return "too short a text, it could be part of any other";
	if (*to && !recipe_path_is_below(to) && !recipe_path_is_absolute(to))
		return "neither a path below the tree nor an absolute one";
	if (*to && *to != '/')
		length += strlen(TREE);
	return length > strlen(from) ? "longer than what it replaces" : NULL;
}

static int take_replace(struct parser *parser, const struct names *words)
{
	const char *file = words->item[0], *from = words->item[1];
	const char *to = words->count > 2 ? words->item[2] : "", *wrong = wrong_in_replace(from, to);
	struct recipe *recipe = parser->recipe;
	struct recipe_replace *replace;

	if (!recipe_path_is_below(file))
		return refuse(parser, "not a path below the tree", file);
	if (wrong)
		return refuse(parser, wrong, strlen(from) < REPLACE_LEAST ? from : to);
	replace = recipe_append(&recipe->replaces, &recipe->replace_count, sizeof(*replace));
	if (!replace)
		return no_memory(parser);
	replace->file = strdup(file);
	replace->from = strdup(from);
	replace->to = strdup(to);
	return replace->file && replace->from && replace->to ? 0 : no_memory(parser);
}

static int take_link(struct parser *parser, const struct names *words)
{
	const char *name = words->item[0], *target = words->item[1];
	struct recipe *recipe = parser->recipe;
	struct recipe_link *link;

	if (!recipe_path_is_below(name))
		return refuse(parser, "not a path below the tree", name);
	if (!recipe_path_stays(name, target))
		return refuse(parser, "leaves the tree", target);
	link = recipe_append(&recipe->links, &recipe->link_count, sizeof(*link));
	if (!link)
		return no_memory(parser);
	link->name = strdup(name);
	link->target = strdup(target);
	return link->name && link->target ? 0 : no_memory(parser);
}

static int take_argument(struct parser *parser, const struct names *words)
{
	return names_add(&parser->recipe->arguments, words->item[0]) < 0 ? no_memory(parser) : 0;
}

static int take_environment(struct parser *parser, const struct names *words)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	const char *variable = words->item[0];
	size_t length = strspn(variable, letters);

	if (!length || variable[length] != '=' || (variable[0] >= '0' && variable[0] <= '9'))
		return refuse(parser, "not NAME=VALUE", variable);
	return names_add(&parser->recipe->environment, variable) < 0 ? no_memory(parser) : 0;
}

static int take_launcher(struct parser *parser, const struct names *words)
{
	const char *word = words->item[0];

	if (strcmp(word, "yes") != 0 && strcmp(word, "no") != 0)
		return refuse(parser, "expected yes or no", word);
	parser->recipe->launcher = strcmp(word, "yes") == 0;
	return 0;
}

static int take_test(struct parser *parser, const struct names *words)
{
	struct recipe *recipe = parser->recipe;
	struct recipe_test *test;

	if (!names_is_plain(words->item[0]))
		return refuse(parser, "not a plain name", words->item[0]);
	test = recipe_append(&recipe->tests, &recipe->test_count, sizeof(*test));
	if (!test)
		return no_memory(parser);
	test->program = strdup(words->item[0]);
	for (size_t i = 1; i < words->count; i++)
		if (names_add(&test->arguments, words->item[i]) < 0)
			return no_memory(parser);
	return test->program ? 0 : no_memory(parser);
}

static int take_output(struct parser *parser, const struct names *words)
{
	struct recipe *recipe = parser->recipe;
	struct recipe_test *test = recipe->test_count ? &recipe->tests[recipe->test_count - 1] : NULL;

	if (!test)
		return refuse(parser, "no test before it", NULL);
	if (test->output)
		return refuse(parser, "the test has one already", NULL);
	test->output = strdup(words->item[0]);
	return test->output ? 0 : no_memory(parser);
}

enum { NO_LIMIT = RECIPE_ENTRY_LIMIT };

/* Least 0: the value may be empty. Whole: it is one word, whatever is in it. */
static const struct key {
	const char *name;
	bool whole;
	size_t least, most;
	const char *expected;
	int (*take)(struct parser *parser, const struct names *words);
} keys[] = {
	{"programs", false, 0, NO_LIMIT, "names of programs", take_programs},
	{"needs", false, 1, NO_LIMIT, "names of recipes or programs", take_needs},
	{"libraries", false, 1, NO_LIMIT, "names of libraries", take_libraries},
	{"data", false, 2, 2, "SOURCE TARGET", take_data},
	{"data?", false, 2, 2, "SOURCE TARGET", take_data},
	{"exclude", false, 1, NO_LIMIT, "patterns", take_exclude},
	{"replace", false, 3, 3, "FILE FROM TO", take_replace},
	{"blank", false, 2, 2, "FILE FROM", take_replace},
	{"link", false, 2, 2, "NAME TARGET", take_link},
	{"argument", true, 1, 1, "an argument", take_argument},
	{"environment", true, 1, 1, "NAME=VALUE", take_environment},
	{"launcher", true, 1, 1, "yes or no", take_launcher},
	{"test", false, 1, NO_LIMIT, "PROGRAM [ARGUMENT...]", take_test},
	{"test-output", true, 1, 1, "a text", take_output},
};

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(name, keys[i].name) == 0)
			return &keys[i];
	return NULL;
}

static int take_value(struct parser *parser, const struct key *key, const char *value)
{
	cleanup_names struct names words = {0};
	int rc;

	if (key->whole)
		rc = *value ? names_add(&words, value) : 0;
	else
		rc = words_split(value, &words);
	if (rc == -EINVAL)
		return refuse(parser, "a quote that does not end", NULL);
	if (rc < 0)
		return no_memory(parser);
	parser->entries += words.count;
	if (parser->entries > RECIPE_ENTRY_LIMIT)
		return err_set(parser->err, E2BIG, "%s:%u: more than %d words in a recipe", parser->file,
			parser->line, RECIPE_ENTRY_LIMIT);
	if (words.count < key->least || words.count > key->most)
		return err_set(parser->err, EINVAL, "%s:%u: %s: expected %s", parser->file, parser->line,
			key->name, key->expected);
	return key->take(parser, &words);
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return true;
	return false;
}

static int parse_line(struct parser *parser, char *line)
{
	char *name = recipe_trim(line), *equals = strchr(name, '=');
	const struct key *key;

	if (*name == '\0' || *name == '#')
		return 0;
	if (has_control(name))
		return err_set(parser->err, EINVAL, "%s:%u: a control character", parser->file, parser->line);
	if (!equals)
		return err_set(
			parser->err, EINVAL, "%s:%u: not a `key = value` line", parser->file, parser->line);
	*equals = '\0';
	name = recipe_trim(name);
	key = find_key(name);
	if (!key)
		return err_set(
			parser->err, EINVAL, "%s:%u: there is no key '%s'", parser->file, parser->line, name);
	parser->key = key->name;
	return take_value(parser, key, recipe_trim(equals + 1));
}

static int parse_lines(struct parser *parser, char *text)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		int rc;

		parser->line++;
		rc = parse_line(parser, line);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool has_program(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->program_count; i++)
		if (strcmp(recipe->programs[i].name, name) == 0)
			return true;
	return false;
}

/* What can be known only now, since keys come in any order. */
static int finish(struct parser *parser)
{
	struct recipe *recipe = parser->recipe;
	int rc = 0;

	parser->key = "programs";
	if (!parser->programs)
		rc = take_name(parser, &recipe->programs, &recipe->program_count, recipe->name);
	for (size_t i = 0; rc == 0 && i < recipe->test_count; i++)
		if (!has_program(recipe, recipe->tests[i].program))
			rc = err_set(parser->err, EINVAL, "%s: test: not one of the recipe's programs: %s",
				parser->file, recipe->tests[i].program);
	return rc;
}

int recipe_parse(const char *text, const char *file, const char *name, struct recipe **ret, struct err *err)
{
	cleanup_recipe struct recipe *recipe = calloc(1, sizeof(*recipe));
	cleanup_free char *lines = strdup(text);
	struct parser parser = {.recipe = recipe, .file = file, .err = err};
	int rc;

	if (recipe)
		recipe->name = strdup(name);
	if (!recipe || !recipe->name || !lines)
		return err_errno(err, ENOMEM, "%s", file);
	rc = parse_lines(&parser, lines);
	if (rc == 0)
		rc = finish(&parser);
	if (rc == 0)
		*ret = TAKE_PTR(recipe);
	return rc;
}
