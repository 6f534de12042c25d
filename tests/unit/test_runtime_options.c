/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command lines of runtimes: those that engines were seen to use, and those that runc and crun take from anybody. */
#include "../../runtime/options.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 64 };

/* LINE, cut at blanks in place; "_" stands for an empty word. */
static void split(char *line, char *words[WORDS])
{
	size_t count = 0;
	char *word;

	while ((word = strsep(&line, " ")) && count < WORDS - 1) {
		if (strcmp(word, "_") == 0)
			*word = '\0';
		words[count++] = word;
	}
	words[count] = NULL;
}

/* What is understood: the id; null: the verb makes no container, or DOUBT says why it is not understood. */
static const struct line {
	const char *line, *id, *bundle, *root, *log, *doubt;
} table[] = {
	{.line = "r"},
	{.line = "r --version"},
	{.line = "r -v"},
	{.line = "r features"},
	{.line = "r --root /r state c1"},
	{.line = "r start c1"},
	{.line = "r exec --process p c1 run"},
	{.line = "r --root run state c1"},
	{.line = "r kill create 9"},
	{.line = "r --later 5 state c1"},
	{.line = "r create --help"},
	{.line = "r --help create c1"},
	{.line = "r -? run c1"},
	{.line = "r spec --bundle create"},
	/* runc */
	{"r create c1", "c1", NULL, NULL, NULL, NULL},
	{"r run -b /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run --bundle /b -d c1", "c1", "/b", NULL, NULL, NULL},
	{"r run c1 --bundle /b", "c1", "/b", NULL, NULL, NULL},
	{"r run -bundle /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run -bundle=/b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run --b /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run --b=/b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run -b=/b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run --bundle /a --bundle /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run --bundle _ c1", "c1", "", NULL, NULL, NULL},
	{"r run --bundle= c1", "c1", "", NULL, NULL, NULL},
	{"r --debug=true --root=/r run --detach=false --keep c1", "c1", NULL, "/r", NULL, NULL},
	{"r -debug -root /r --criu /c --rootless auto create c1", "c1", NULL, "/r", NULL, NULL},
	{"r --root --systemd-cgroup run c1", "c1", NULL, "--systemd-cgroup", NULL, NULL},
	{"r run -- c1", "c1", NULL, NULL, NULL, NULL},
	{"r run -- --bundle", "--bundle", NULL, NULL, NULL, NULL},
	{"r -- run c1", "c1", NULL, NULL, NULL, NULL},
	{"r run -", "-", NULL, NULL, NULL, NULL},
	{"r create --pidfd-socket s --preserve-fds 2 --no-pivot --no-new-keyring c1", "c1", NULL, NULL, NULL,
		NULL},
	{"r restore --image-path i --work-path w --bundle /b --detach --empty-ns network c1", "c1", "/b",
		NULL, NULL, NULL},
	{"r restore --lsm-profile t:n --lsm-mount-context m --manage-cgroups-mode soft --tcp-close c1", "c1",
		NULL, NULL, NULL, NULL},
	/* crun */
	{"r --cgroup-manager=disabled --log=file:/l --log-level=debug run c1", "c1", NULL, NULL, "file:/l",
		NULL},
	{"r --cgroup-m=x --root=/r run --bund=/b c1", "c1", "/b", "/r", NULL, NULL},
	{"r run --bund /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run -db/b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run -db /b c1", "c1", "/b", NULL, NULL, NULL},
	{"r run -d=true -b /b c1", "c1", "/b", NULL, NULL, NULL},
	/* youki */
	{"r -r /r -l /l -s create -b /b -p p -c s c1", "c1", "/b", "/r", "/l", NULL},
	/* conmon */
	{"r --log-format=json --log /l --root=/run/crun create --bundle /b --pid-file p c1", "c1", "/b",
		"/run/crun", "/l", NULL},
	{"r --systemd-cgroup --root=/r restore --image-path i --work-path w --bundle /b --pid-file p c1",
		"c1", "/b", "/r", NULL, NULL},
	/* not to be understood */
	{"r create", NULL, NULL, NULL, NULL, "no container's id behind the verb: create"},
	{"r run --bundle /b", NULL, "/b", NULL, NULL, "no container's id behind the verb: run"},
	{"r run c1 c2", "c1", NULL, NULL, NULL, "a word too many: c2"},
	{"r run --later c1", NULL, NULL, NULL, NULL, "a flag that is not known: --later"},
	{"r run --later=5 c1", NULL, NULL, NULL, NULL, "a flag that is not known: --later=5"},
	{"r run -x c1", NULL, NULL, NULL, NULL, "a flag that is not known: -x"},
	{"r run -dx c1", NULL, NULL, NULL, NULL, "a flag that is not known: -dx"},
	{"r run -=x c1", NULL, NULL, NULL, NULL, "a flag that is not known: -=x"},
	{"r run --=x c1", NULL, NULL, NULL, NULL, "a flag that is not known: --=x"},
	{"r run --no c1", NULL, NULL, NULL, NULL, "a flag that is not known: --no"},
	{"r run c1 --bundle", "c1", NULL, NULL, NULL, "a flag without its value: --bundle"},
	{"r --later 5 create c1", NULL, NULL, NULL, NULL, "a flag that is not known: --later"},
	{"r --later create c1", NULL, NULL, NULL, NULL, "a flag that is not known: --later"},
	{"r --log /l --later create c1", NULL, NULL, NULL, "/l", "a flag that is not known: --later"},
};

/* Parses a copy of LINE, which *RET borrows from: the caller's. */
static char *parse(const char *line, struct options *ret)
{
	char *copy = strdup(line), *words[WORDS];

	if (!copy)
		abort();
	split(copy, words);
	options_parse(words, ret);
	return copy;
}

static void is_line(const struct line *wanted)
{
	struct options got;
	char *copy = parse(wanted->line, &got);

	tap_ok(got.makes_container == (wanted->id && !wanted->doubt), "%s: %s", wanted->line,
		wanted->doubt ? "is not understood"
		: wanted->id  ? "makes a container"
			      : "makes none");
	tap_string(got.doubt, wanted->doubt ? wanted->doubt : "", "%s: doubt", wanted->line);
	tap_string(got.id, wanted->id, "%s: id", wanted->line);
	tap_string(got.bundle, wanted->bundle, "%s: bundle", wanted->line);
	if (wanted->id || wanted->root)
		tap_string(got.root, wanted->root, "%s: root", wanted->line);
	if (wanted->id || wanted->log)
		tap_string(got.log, wanted->log, "%s: log", wanted->line);
	free(copy);
}

static void test_others(void)
{
	char *none[] = {NULL};
	struct options got;

	free(parse("r --log-format json run c1", &got));
	tap_ok(got.log_is_json, "a log of JSON lines");
	free(parse("r --log-format=json --log-format=text run c1", &got));
	tap_ok(!got.log_is_json, "the last counts");
	free(parse("r run -f other.json c1", &got));
	tap_ok(got.makes_container && got.other_config, "another file than config.json");
	options_parse(none, &got);
	tap_ok(!got.makes_container && !got.verb && !got.doubt[0], "no words at all");
}

/* All that dockerd and its shim were seen to call. */
static void test_recorded(void)
{
	size_t length;
	char *text = tap_read("tests/samples/docker/runtime-command-lines.txt", &length), *rest = text, *line;
	int lines = 0, creates = 0;

	while ((line = strsep(&rest, "\n"))) {
		struct options got;
		char *copy;

		if (!*line)
			continue;
		copy = parse(line, &got);
		lines++;
		creates += got.makes_container;
		tap_string(got.doubt, "", "docker's %s is understood", got.verb);
		tap_string(got.root, "/run/docker/runtime-runc/moby", "its root");
		tap_ok(got.log_is_json && got.log && strstr(got.log, "/log.json"), "its log");
		if (got.makes_container)
			tap_ok(strlen(got.id) == 64 && strstr(got.bundle, got.id), "id and bundle of %s",
				got.id);
		free(copy);
	}
	tap_number(lines, 14, "lines");
	tap_number(creates, 2, "of them make a container");
	free(text);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		is_line(&table[i]);
	test_others();
	test_recorded();
	return tap_done();
}
