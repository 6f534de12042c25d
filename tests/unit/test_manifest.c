/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a manifest says, and what it must not say. */
#include "err.h"
#include "manifest_read.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD                                                                                                 \
	"{\"format\":\"oci-crashcart tools "                                                                 \
	"tree\",\"version\":1,\"architecture\":\"x86_64\",\"loader\":\"ld.so\","
#define LISTS "\"libraries\":[],\"links\":[],\"files\":[]"
#define TOOL "\"name\":\"gdb\",\"linked\":\"dynamic\""

/* An error has to say so in both ways, and to leave the output alone. */
static int parse(const char *text, struct manifest *ret, struct err *err)
{
	char *exact = tap_exact(text, strlen(text));
	struct manifest manifest = {0};
	int rc;

	*err = (struct err){0};
	rc = manifest_parse(exact, strlen(text), &manifest, err);
	free(exact);
	if (rc < 0 ? err->number != -rc || strncmp(err->text, "manifest.json: ", 15) != 0 || manifest.document
		   : err->number)
		abort();
	*ret = manifest;
	return rc;
}

static void refused(int number, const char *text, const char *why)
{
	struct manifest manifest;
	struct err err;

	tap_number(parse(text, &manifest, &err), -number, "refused: %.100s", text);
	tap_contains(err.text, why, "and why");
	manifest_free(&manifest);
}

/* Ends the program where TEXT is not taken. */
static void parsed(const char *text, struct manifest *ret)
{
	struct err err;

	if (parse(text, ret, &err) < 0) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
}

static void test_whole_tools(const struct manifest *manifest)
{
	const struct manifest_object *gdb = manifest_tool(manifest, "gdb"),
				     *ash = manifest_tool(manifest, "ash");

	tap_number((int64_t)manifest->tool_count, 2, "two tools");
	tap_ok(manifest->tools == ash && manifest->tools + 1 == gdb, "sorted by name");
	tap_ok(!manifest_tool(manifest, "gd") && !manifest_tool(manifest, ""), "no others are found");
	tap_string(gdb->source, "/usr/bin/gdb", "where it is from");
	tap_string(gdb->package, "gdb", "its package");
	tap_string(gdb->version, "13.1-3", "and its version");
	tap_string(manifest_linked_name(gdb->linked), "dynamic", "how it is linked");
	tap_number((int64_t)gdb->test_count, 2, "its tests");
	tap_string(gdb->tests[0].arguments[1], "-ex", "an argument");
	tap_ok(gdb->tests[0].count == 2 && !gdb->tests[0].arguments[2], "a null is behind the last");
	tap_string(gdb->tests[0].output, "42", "what it has to print");
	tap_ok(!gdb->tests[1].output && gdb->tests[1].count == 0, "a test that has neither");
	tap_ok(!ash->source && !ash->package && !ash->version && ash->test_count == 0, "null is null");
	tap_string(manifest_linked_name(ash->linked), "static", "a static one");
}

static void test_whole_rest(const struct manifest *manifest)
{
	const struct manifest_file *file = manifest_file(manifest, "bin/gdb");
	const struct manifest_link *link = manifest_link(manifest, "bin/sh");

	tap_string(manifest->architecture, "x86_64", "the architecture");
	tap_string(manifest->loader, "ld.so", "the loader");
	tap_string(manifest->inputs, "abc", "the inputs");
	tap_string(manifest_library(manifest, "libc.so.6")->version, "2.36", "a library");
	tap_string(link->target, "ash", "a link");
	tap_ok(manifest->has_files, "files are listed");
	tap_number((int64_t)file->size, 9007199254740993, "a size that no double holds");
	tap_number(file->mode, 0755, "a mode");
	tap_string(file->sha256, HASH, "a hash");
	tap_ok(!manifest_file(manifest, "bin/gd") && !manifest_file(manifest, "bin/gdbx"), "no other file");
}

static void test_whole(void)
{
	cleanup_manifest struct manifest manifest;

	parsed("{\"version\":1,\"later\":{\"a\":[]},\"format\":\"oci-crashcart tools "
	       "tree\",\"loader\":\"ld.so\","
	       "\"architecture\":\"x86_64\",\"inputs\":\"abc\",\"tools\":[{\"name\":\"gdb\",\"source\":\"/"
	       "usr/bin/gdb\","
	       "\"linked\":\"dynamic\",\"package\":\"gdb\",\"package-version\":\"13.1-3\",\"tests\":[{"
	       "\"arguments\":["
	       "\"-batch\",\"-ex\"],\"output\":\"42\"},{\"arguments\":[]}]},{\"name\":\"ash\",\"linked\":"
	       "\"static\","
	       "\"source\":null,\"package\":null}],\"libraries\":[{\"name\":\"libc.so.6\",\"package-"
	       "version\":\"2.36\"}],"
	       "\"links\":[{\"name\":\"bin/sh\",\"target\":\"ash\"}],\"files\":[{\"path\":\"lib/"
	       "x\",\"size\":0,\"mode\":"
	       "\"0644\",\"sha256\":\"" HASH
	       "\"},{\"path\":\"bin/gdb\",\"size\":9007199254740993,\"mode\":\"0755\","
	       "\"sha256\":\"" HASH "\"}]}",
		&manifest);
	test_whole_tools(&manifest);
	test_whole_rest(&manifest);
}

static void test_least(void)
{
	cleanup_manifest struct manifest manifest;

	parsed("{\"format\":\"oci-crashcart tools tree\",\"version\":1,\"architecture\":null,\"loader\":null,"
	       "\"tools\":[],\"libraries\":[],\"links\":[]}",
		&manifest);
	tap_ok(!manifest.loader && !manifest.architecture && !manifest.inputs,
		"what is null or missing is null");
	tap_ok(!manifest.has_files, "that files are not listed is told");
	tap_ok(!manifest_tool(&manifest, "a") && !manifest_library(&manifest, "a") &&
			!manifest_link(&manifest, "a") && !manifest_file(&manifest, "a"),
		"nothing is found in empty lists");
}

static void test_format(void)
{
	refused(EINVAL, "", "not valid JSON");
	refused(EINVAL, "[]", "not one of a tools tree");
	refused(EINVAL, "{}", "not one of a tools tree");
	refused(EINVAL, "{\"format\":5}", "not one of a tools tree");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\"}", "version");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\",\"version\":\"1\"}", "version");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\",\"version\":0}", "version");
	refused(ENOTSUP, "{\"format\":\"oci-crashcart tools tree\",\"version\":2}", "a later dbg-tools");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\",\"version\":1,\"architecture\":1}",
		"architecture");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\",\"version\":1,\"loader\":\"../ld.so\"}",
		"loader");
	refused(EINVAL, "{\"format\":\"oci-crashcart tools tree\",\"version\":1,\"loader\":[]}", "loader");
}

static void test_lists(void)
{
	refused(EINVAL, HEAD LISTS "}", "tools");
	refused(EINVAL, HEAD "\"tools\":{}," LISTS "}", "tools");
	refused(EINVAL, HEAD "\"tools\":[5]," LISTS "}", "tools: name");
	refused(EINVAL, HEAD "\"tools\":[],\"libraries\":[],\"links\":[],\"files\":null}", "files");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL "},{" TOOL "}]," LISTS "}", "tools: gdb is there twice");
	refused(EINVAL, HEAD "\"tools\":[],\"libraries\":[{\"name\":\"a\"},{\"name\":\"a\"}],\"links\":[]}",
		"libraries: a is there twice");
}

static void test_names(void)
{
	static const char *const names[] = {"", ".", "..", "a/b", "/a", "../a", "a/", "a\\u0000"};
	static const char *const paths[] = {
		"", ".", "..", "/a", "../a", "a/../b", "a//b", "a/", "a/.", "./a", "a\\u0000b", "a/.."};
	char text[1024];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD "\"tools\":[{\"name\":\"%s\",\"linked\":\"static\"}]," LISTS "}", names[i]);
		refused(EINVAL, text, "name");
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD
			"\"tools\":[],\"libraries\":[],\"links\":[],\"files\":[{\"path\":\"%s\",\"size\":1,"
			"\"mode\":\"0644\",\"sha256\":\"" HASH "\"}]}",
			paths[i]);
		refused(EINVAL, text, "files: path");
		snprintf(text, sizeof(text),
			HEAD "\"tools\":[],\"libraries\":[],\"links\":[{\"name\":\"%s\",\"target\":\"b\"}]}",
			paths[i]);
		refused(EINVAL, text, "links: name");
	}
}

static void test_values(void)
{
	static const char *const files[][2] = {
		{"\"size\":-1,\"mode\":\"0644\",\"sha256\":\"" HASH "\"", "size"},
		{"\"size\":1.5,\"mode\":\"0644\",\"sha256\":\"" HASH "\"", "size"},
		{"\"size\":99999999999999999999,\"mode\":\"0644\",\"sha256\":\"" HASH "\"", "size"},
		{"\"size\":\"1\",\"mode\":\"0644\",\"sha256\":\"" HASH "\"", "size"},
		{"\"size\":1,\"mode\":644,\"sha256\":\"" HASH "\"", "mode"},
		{"\"size\":1,\"mode\":\"0688\",\"sha256\":\"" HASH "\"", "mode"},
		{"\"size\":1,\"mode\":\"-644\",\"sha256\":\"" HASH "\"", "mode"},
		{"\"size\":1,\"mode\":\"00644\",\"sha256\":\"" HASH "\"", "mode"},
		{"\"size\":1,\"mode\":\"0644\",\"sha256\":\"" HASH "0\"", "sha256"},
		{"\"size\":1,\"mode\":\"0644\",\"sha256\":\"abc\"", "sha256"},
		{"\"size\":1,\"mode\":\"0644\"", "sha256"},
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD
			"\"tools\":[],\"libraries\":[],\"links\":[],\"files\":[{\"path\":\"bin/a\",%s}]}",
			files[i][0]);
		refused(EINVAL, text, files[i][1]);
	}
	refused(EINVAL, HEAD "\"tools\":[{\"name\":\"a\"}]," LISTS "}", "a: linked");
	refused(EINVAL, HEAD "\"tools\":[{\"name\":\"a\",\"linked\":\"magic\"}]," LISTS "}", "a: linked");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"package\":5}]," LISTS "}", "gdb: package");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"package-version\":[]}]," LISTS "}",
		"gdb: package-version");
	refused(EINVAL, HEAD "\"tools\":[],\"libraries\":[],\"links\":[{\"name\":\"a\"}]}", "links: target");
	refused(EINVAL, HEAD "\"tools\":[],\"libraries\":[],\"links\":[{\"name\":\"a\",\"target\":\"\"}]}",
		"links: target");
}

static void test_tests(void)
{
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":{}}]," LISTS "}", "gdb: tests");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[5]}]," LISTS "}", "gdb: arguments");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[{}]}]," LISTS "}", "gdb: arguments");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[{\"arguments\":\"a\"}]}]," LISTS "}",
		"gdb: arguments");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[{\"arguments\":[1]}]}]," LISTS "}",
		"an argument");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[{\"arguments\":[\"a\\u0000\"]}]}]," LISTS "}",
		"an argument");
	refused(EINVAL, HEAD "\"tools\":[{" TOOL ",\"tests\":[{\"arguments\":[],\"output\":1}]}]," LISTS "}",
		"gdb: output");
}

/* COUNT times PART, with commas between. */
static char *many(const char *head, const char *part, size_t count, const char *tail)
{
	size_t room = strlen(head) + (strlen(part) + 1) * count + strlen(tail) + 1;
	char *text = malloc(room), *end = text;

	if (!text)
		abort();
	end += snprintf(end, room, "%s", head);
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "%s%s", i ? "," : "", part);
	sprintf(end, "%s", tail);
	return text;
}

static void test_limits(void)
{
	struct manifest manifest;
	struct err err;
	char *text = many(HEAD "\"tools\":[{" TOOL ",\"tests\":[", "{\"arguments\":[]}", MANIFEST_TEST_LIMIT,
		"]}]," LISTS "}");

	tap_number(parse(text, &manifest, &err), 0, "as many tests as there may be");
	manifest_free(&manifest);
	free(text);
	text = many(HEAD "\"tools\":[{" TOOL ",\"tests\":[", "{\"arguments\":[]}", MANIFEST_TEST_LIMIT + 1,
		"]}]," LISTS "}");
	refused(E2BIG, text, "tests");
	free(text);
	text = many(HEAD "\"tools\":[{" TOOL ",\"tests\":[{\"arguments\":[", "\"a\"",
		MANIFEST_ARGUMENT_LIMIT + 1, "]}]}]," LISTS "}");
	refused(E2BIG, text, "arguments");
	free(text);
	text = many(HEAD "\"tools\":[", "{" TOOL "}", MANIFEST_OBJECT_LIMIT + 1, "]," LISTS "}");
	refused(E2BIG, text, "tools: more than 4096");
	free(text);
	text = many("", "[", 100, "");
	for (char *comma = text; (comma = strchr(comma, ','));)
		*comma = ' ';
	refused(E2BIG, text, "nested");
	free(text);
}

static void test_files(void)
{
	struct manifest manifest = {0};
	struct scratch scratch;
	struct err err = {0};

	scratch_make(&scratch);
	tap_number(manifest_read(scratch.fd, &manifest, &err), -ENOENT, "a directory without one");
	tap_string(err.text, "not a tools tree: it has no manifest.json", "and what is said");
	scratch_file(&scratch, "manifest.json", 0644, HEAD "\"tools\":[]," LISTS "}");
	tap_number(manifest_read(scratch.fd, &manifest, &err), 0, "one that is read");
	manifest_free(&manifest);
	tap_number(manifest_open_tree(scratch_path(&scratch, "manifest.json"), &err), -ENOTDIR,
		"a file is no tree");
	tap_contains(err.text, "an image has to be mounted", "and what is said");
	tap_number(manifest_open_tree(scratch_path(&scratch, "none"), &err), -ENOENT, "nor is nothing");
	scratch_remove(&scratch);
}

int main(void)
{
	test_whole();
	test_least();
	test_format();
	test_lists();
	test_names();
	test_values();
	test_tests();
	test_limits();
	test_files();
	return tap_done();
}
