/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is put into a config.json, and that nothing else changes in it. */
#include "config_edit.h"
#include "err.h"
#include "json.h"
#include "tap.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

#define MASTER "/run/oci-crashcart/ctr/c1"
#define MOUNT                                                                                                \
	"{\"destination\":\"/dev/crashcart\",\"type\":\"bind\",\"source\":\"" MASTER "\","                   \
	"\"options\":[\"bind\",\"ro\",\"nosuid\",\"nodev\",\"noexec\",\"rslave\"]}"
#define PROPAGATION "\"rootfsPropagation\":\"rslave\""
#define LINUX "\"linux\":{" PROPAGATION "}"
#define HOOK                                                                                                 \
	"{\"path\":\"/opt/our-hook\",\"args\":[\"our-hook\"],\"env\":[\"PATH=/usr/sbin:/usr/bin:/sbin:/"     \
	"bin\"]}"
#define POSTSTOP "\"poststop\":[" HOOK "]"
#define HOOKS "\"hooks\":{" POSTSTOP "}"
#define MOUNTS "\"mounts\":[" MOUNT "]"
#define ALL_THERE "\"mounts\":[" MOUNT "]," LINUX "," HOOKS

static const struct config_additions additions = {.master = MASTER, .hook = "/opt/our-hook"};
static const struct config_additions no_hook = {.master = MASTER};

/* The bytes are in memory of their own size: nothing beyond is read. */
static int edit(const char *text, size_t length, const struct config_additions *what, char **ret,
	size_t *ret_length, struct err *err)
{
	char *exact = tap_exact(text, length);
	int rc = config_edit(exact, length, what, ret, ret_length, err);

	free(exact);
	return rc;
}

/* WANTED null: nothing to do. What came out has nothing more to do. */
static void becomes(
	const char *name, const struct config_additions *what, const char *text, const char *wanted)
{
	char *got = NULL, *again = NULL;
	size_t length = 0;
	struct err err = {0};
	int rc = edit(text, strlen(text), what, &got, &length, &err);

	if (rc < 0)
		tap_ok(false, "%s: %s", name, err.text);
	else
		tap_string(got, wanted, "%s", name);
	if (got) {
		tap_ok(strlen(got) == length, "%s: its length", name);
		rc = edit(got, length, what, &again, &length, &err);
		tap_ok(rc == 0 && !again, "%s: edited again, there is nothing to do", name);
	}
	free(again);
	free(got);
}

static void test_places(void)
{
	becomes("an empty object", &additions, "{}", "{" ALL_THERE "}");
	becomes("blanks stay", &no_hook, " {\n } \n", " {" MOUNTS "," LINUX "\n } \n");
	becomes("without a hook", &no_hook, "{}", "{" MOUNTS "," LINUX "}");
	becomes("nulls", &additions, "{\"mounts\":null, \"linux\" :\tnull ,\"hooks\":null }",
		"{\"mounts\":[" MOUNT "], \"linux\" :\t{" PROPAGATION "} ,\"hooks\":{" POSTSTOP "} }");
	becomes("empty ones", &additions, "{\"hooks\":{ },\"linux\":{},\"mounts\":[ ]}",
		"{\"hooks\":{" POSTSTOP " },\"linux\":{" PROPAGATION "},\"mounts\":[" MOUNT " ]}");
	becomes("a null poststop and propagation", &additions,
		"{\"hooks\":{\"poststop\":null},\"linux\":{\"rootfsPropagation\":null},\"mounts\":[]}",
		"{\"hooks\":{" POSTSTOP "},\"linux\":{" PROPAGATION "},\"mounts\":[" MOUNT "]}");
	becomes("behind others", &additions,
		"{\"mounts\":[{\"destination\":\"/x\"} "
		"],\"linux\":{\"a\":1\n},\"hooks\":{\"poststop\":[{}]},\"z\":0}",
		"{\"mounts\":[{\"destination\":\"/x\"}," MOUNT " ],\"linux\":{\"a\":1," PROPAGATION
		"\n},\"hooks\":{\"poststop\":[{}," HOOK "]},\"z\":0}");
	becomes("a number is the last member", &no_hook, "{\"n\":1e400 }",
		"{\"n\":1e400," MOUNTS "," LINUX " }");
	becomes("all members are new, behind a nested one", &additions, "{\"a\":{\"b\":[]}}",
		"{\"a\":{\"b\":[]}," ALL_THERE "}");
}

static void test_what_is_there(void)
{
	becomes("all is there", &additions, "{" ALL_THERE "}", NULL);
	becomes("the hook is there, as it was wanted", &additions,
		"{" MOUNTS "," LINUX ",\"hooks\":{\"poststop\":[{\"path\":\"/opt/our-hook\"}]}}", NULL);
	becomes("the mount is there, and no propagation", &no_hook, "{" MOUNTS ",\"linux\":{}}",
		"{" MOUNTS "," LINUX "}");
	becomes("the bundle was another container's", &no_hook,
		"{\"mounts\":[{\"destination\":\"/dev/crashcart\",\"source\": \"/run/oci-crashcart/ctr/c0\" "
		"}]," LINUX "}",
		"{\"mounts\":[{\"destination\":\"/dev/crashcart\",\"source\": \"" MASTER "\" }]," LINUX "}");
	becomes("what is no master is something else", &no_hook,
		"{\"mounts\":[{\"destination\":\"/dev/crashcart\",\"source\":\"/run/oci-crashcart/ctr/c0/"
		"x\"}]}",
		NULL);
	becomes("and so is the directory of all masters", &no_hook,
		"{\"mounts\":[{\"destination\":\"/dev/crashcart\",\"source\":\"/run/oci-crashcart/ctr/\"}]}",
		NULL);
	becomes("something else is mounted there", &additions,
		"{\"mounts\":[{\"destination\":\"/dev/crashcart\",\"source\":\"/srv\"}]}", NULL);
	becomes("something is mounted there, said in another way", &additions,
		"{\"mounts\":[{\"destination\":\"dev//./crashcart/\"}]}", NULL);
	becomes("something is mounted beneath", &additions,
		"{\"mounts\":[{\"destination\":\"/dev/crashcart/lib\"}]}", NULL);
	becomes("a neighbour is nothing of ours", &no_hook,
		"{\"mounts\":[{\"destination\":\"/dev/crashcarts\"}]," LINUX "}",
		"{\"mounts\":[{\"destination\":\"/dev/crashcarts\"}," MOUNT "]," LINUX "}");
}

static void test_propagation(void)
{
	static const char *const kept[] = {
		"slave", "rslave", "private", "shared", "rshared", "unbindable", "\\u0072slave"};
	static const char *const changed[] = {"", "rprivate", "rpriv\\u0061te"};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		cleanup_free char *text =
			util_printf("{" MOUNTS ",\"linux\":{\"rootfsPropagation\":\"%s\"}}", kept[i]);

		becomes(kept[i], &no_hook, text, NULL);
	}
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++) {
		cleanup_free char *text =
			util_printf("{" MOUNTS ",\"linux\":{\"rootfsPropagation\": \"%s\" }}", changed[i]);

		becomes(changed[i], &no_hook, text,
			"{" MOUNTS ",\"linux\":{\"rootfsPropagation\": \"rslave\" }}");
	}
}

/* Bytes that a parser and a printer would have changed. */
static void test_fidelity(void)
{
#define ODD                                                                                                  \
	"\"big\":18446744073709551615,\"float\": 1.0E+2,\"zero\":-0.0,\"text\":\"\\u00e9\\/\\ud83d\\ude00"   \
	" \xc3\xa9 <&>\",\"twice\":1,\"twice\" :2,\"deep\":[[[ ]]],\"\":{\"nul\\u0000\":\"\\u0000\"},"       \
	"\"annotations\":{\"mounts\":\"]}\",\"linux\":\"\\\"\\\\\"}"
	becomes("odd bytes stay", &no_hook, "\t{ " ODD "\r\n}\n\n",
		"\t{ " ODD "," MOUNTS "," LINUX "\r\n}\n\n");
}

static void test_environment(void)
{
	static const char *const environment[] = {"A=\"b\"", "C=", NULL};
	const struct config_additions what = {MASTER, "hook", environment};

	becomes("variables for the hook", &what, "{" MOUNTS "," LINUX "}",
		"{" MOUNTS "," LINUX ",\"hooks\":{\"poststop\":[{\"path\":\"hook\",\"args\":[\"hook\"],"
		"\"env\":[\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\",\"A=\\\"b\\\"\",\"C=\"]}]}}");
}

static void refused(const char *text, int wanted)
{
	char *got = NULL;
	size_t length;
	struct err err = {0};
	int rc = edit(text, strlen(text), &additions, &got, &length, &err);

	tap_number(rc, wanted, "refused: %.60s", text);
	tap_ok(!got && (wanted == 0 || err.text[0]), "and a reason is given: %s", err.text);
	free(got);
}

static void test_refused(void)
{
	static const char *const texts[] = {"", "[]", "1", "\"\"", "{", "{} {}", "{\"mounts\":{}}",
		"{\"mounts\":\"\"}", "{\"mounts\":[null]}", "{\"mounts\":[1]}", "{\"mounts\":[{}]}",
		"{\"mounts\":[{\"destination\":\"/a/../dev/crashcart\"}]}",
		"{\"mounts\":[{\"destination\":\"/a\\u0000\"}]}", "{\"linux\":[]}", "{\"linux\":1}",
		"{\"linux\":{\"rootfsPropagation\":1}}", "{\"linux\":{\"rootfsPropagation\":\"\\u0000\"}}",
		"{\"hooks\":[]}", "{\"hooks\":{\"poststop\":{}}}", "{\"hooks\":{\"poststop\":[[]]}}",
		/* What runtimes do not agree on. */
		"{\"mounts\":[],\"mounts\":[]}", "{\"mounts\":[],\"m\\u006funts\":[]}", "{\"Mounts\":[]}",
		"{\"mount\xc5\xbf\":[]}", "{\"hoo\xe2\x84\xaas\":{}}", "{\"linux\":{},\"LINUX\":{}}",
		"{\"linux\":{\"rootfspropagation\":\"\"}}", "{\"hooks\":{\"Poststop\":[]}}",
		"{\"mounts\":[{\"destination\":\"/a\",\"destination\":\"/dev/crashcart\"}]}",
		"{\"hooks\":{\"poststop\":[{\"path\":\"/a\",\"path\":\"/opt/our-hook\"}]}}"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		refused(texts[i], -EINVAL);
}

static void test_limits(void)
{
	size_t size = 1 << 20, length = 0;
	cleanup_free char *deep = malloc(512), *filler = malloc(size + 1);
	cleanup_free char *large = NULL, *wanted = NULL, *got = NULL;
	struct err err = {0};

	snprintf(deep, 512, "{\"a\":%.*s", 200, "");
	memset(deep + 5, '[', 200);
	deep[205] = '\0';
	refused(deep, -E2BIG);
	memset(filler, 'x', size);
	filler[size] = '\0';
	large = util_printf("{\"annotations\":{\"a\":\"%s\"}}", filler);
	wanted = util_printf("{\"annotations\":{\"a\":\"%s\"}," MOUNTS "," LINUX "}", filler);
	tap_number(edit(large, strlen(large), &no_hook, &got, &length, &err), 0, "a megabyte of annotations");
	tap_ok(got && length == strlen(wanted) && strcmp(got, wanted) == 0, "is as it was");
}

static void test_paths(void)
{
	const struct config_additions bad = {.master = "/run/\xff"}, quote = {.master = "/a\"b"};
	char *got = NULL;
	size_t length;

	tap_number(
		config_edit("{}", 2, &bad, &got, &length, ERR_IGNORED), -EINVAL, "a path that is not UTF-8");
	tap_number(
		config_edit("{}", 2, &quote, &got, &length, ERR_IGNORED), 0, "a path with a quotation mark");
	tap_contains(got, "\"source\":\"/a\\\"b\"", "is written as one");
	free(got);
}

/* Takes PART out of TEXT, with the comma before it, if there is one. False: it is not there once. */
static bool take_out(char *text, const char *part)
{
	char *found = strstr(text, part);
	size_t length = strlen(part);

	if (!found || strstr(found + 1, part))
		return false;
	if (found > text && found[-1] == ',') {
		found--;
		length++;
	}
	memmove(found, found + length, strlen(found + length) + 1);
	return true;
}

/* The bundles of real engines: what was added is taken out again, and each byte is as it was. */
static void test_samples(void)
{
	static const char *const samples[] = {"crio-crun/config.json", "crio-crun/sandbox-config.json",
		"crio-runc/config.json", "crio-runc/sandbox-config.json", "ctr/config.json",
		"docker/config.json", "podman-crun/config.json", "podman-runc/config.json"};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char path[128], *text, *got = NULL;
		struct err err = {0};
		bool found;
		size_t length;

		snprintf(path, sizeof(path), "tests/samples/%s", samples[i]);
		text = tap_read(path, &length);
		tap_number(edit(text, length, &additions, &got, &length, &err), 0, "%s", path);
		found = got && take_out(got, MOUNT) && take_out(got, PROPAGATION) &&
			(take_out(got, HOOKS) || take_out(got, POSTSTOP) || take_out(got, HOOK));
		tap_ok(found, "%s: mount, propagation and hook are there once", path);
		tap_string(got, text, "%s: every other byte is as it was", path);
		free(got);
		free(text);
	}
}

static void test_spans_of(const char *text, const struct json *d)
{
	const struct json *o = json_get(d, "o"), *l = json_get(d, "l");
	const struct json *const each[] = {d, json_get(d, "a"), o, json_get(o, "n"), l, json_first(l),
		json_next(json_first(l)), json_next(json_next(json_first(l)))};
	static const char *const wanted[] = {
		"{\"a\" : \"t\\u0041\" ,\"o\":{ \"n\":-1.5e3 } , \"l\":[true,null , [] ] }", "\"t\\u0041\"",
		"{ \"n\":-1.5e3 }", "-1.5e3", "[true,null , [] ]", "true", "null", "[]"};

	for (size_t i = 0; i < ARRAY_SIZE(each); i++) {
		size_t start, end;
		char got[128];

		json_span(each[i], &start, &end);
		snprintf(got, sizeof(got), "%.*s", (int)(end - start), text + start);
		tap_string(got, wanted[i], "where %s stands", wanted[i]);
	}
}

/* Where each value stands in the text. */
static void test_spans(void)
{
	static const char text[] =
		" {\"a\" : \"t\\u0041\" ,\"o\":{ \"n\":-1.5e3 } , \"l\":[true,null , [] ] }\n";
	cleanup_json struct json *d = NULL, *number = NULL;
	size_t start = 0, end = 0;
	int rc = json_parse(text, strlen(text), &d, ERR_IGNORED);

	tap_ok(rc == 0 && json_parse(" 12", 3, &number, ERR_IGNORED) == 0, "the texts are parsed");
	test_spans_of(text, d);
	json_span(number, &start, &end);
	tap_ok(start == 1 && end == 3, "a number at the very end");
}

int main(void)
{
	test_spans();
	test_places();
	test_what_is_there();
	test_propagation();
	test_fidelity();
	test_environment();
	test_refused();
	test_limits();
	test_paths();
	test_samples();
	return tap_done();
}
