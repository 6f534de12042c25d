/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tools tree of the configuration: a look at what it says of itself. To try its tools is dbg-tools' work. */
#include "bounds.h"
#include "doctor.h"

#include "io.h"
#include "path.h"
#include "superblock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static const char build[] = "make one: dbg-tools build --preset full";

static void say_loader(struct doctor *doctor, int tree, const struct json *manifest, size_t count)
{
	const char *path = doctor->context->policy.tools, *loader = json_string(json_get(manifest, "loader"));
	cleanup_fd int lib = openat(tree, "lib", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (loader && (strchr(loader, '/') || fstatat(lib, loader, &st, 0) < 0 || !S_ISREG(st.st_mode) ||
			      !(st.st_mode & S_IXOTH)))
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: its loader lib/%s is not there", path,
			loader);
	else
		doctor_say(doctor, DOCTOR_OK, "tools", NULL,
			"%s: %zu tools; to try them all: dbg-tools verify %s", path, count, path);
}

static size_t count_tools(const struct json *manifest)
{
	size_t count = 0;

	for (const struct json *each = json_first(json_get(manifest, "tools")); each; each = json_next(each))
		count++;
	return count;
}

static void say_manifest(struct doctor *doctor, int tree, const struct json *manifest)
{
	const char *path = doctor->context->policy.tools;
	const char *format = json_string(json_get(manifest, "format"));
	const char *architecture = json_string(json_get(manifest, "architecture"));
	struct utsname machine;
	int64_t version;

	uname(&machine);
	if (!format || strcmp(format, "oci-crashcart tools tree") != 0 ||
		!json_number(json_get(manifest, "version"), &version) || version != 1)
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: its manifest.json is of another format",
			path);
	else if (!architecture || strcmp(architecture, machine.machine) != 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: it is made for %s, this machine is %s",
			path, architecture ? architecture : "nobody knows what", machine.machine);
	else
		say_loader(doctor, tree, manifest, count_tools(manifest));
}

static void say_tree(struct doctor *doctor, int tree)
{
	const char *path = doctor->context->policy.tools;
	cleanup_json struct json *manifest = NULL;
	cleanup_free char *text = NULL;
	struct err err = {0};
	struct stat st;
	size_t length;
	int rc;

	if (fstatat(tree, "bin", &st, 0) < 0 || !S_ISDIR(st.st_mode)) {
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: no tools tree, it has no bin/", path);
		return;
	}
	rc = io_read_file(tree, "manifest.json", DOCTOR_MANIFEST_SIZE_LIMIT, &text, &length, &err);
	if (rc == 0)
		rc = json_parse(text, length, &manifest, &err);
	if (rc == -ENOENT)
		doctor_say(doctor, DOCTOR_WARNING, "tools", build,
			"%s: it has no manifest.json: dbg-tools did not make it, or not to the end", path);
	else if (rc < 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: manifest.json: %s", path, err.text);
	else
		say_manifest(doctor, tree, manifest);
}

static void say_image(struct doctor *doctor, int file, uint64_t size)
{
	const char *path = doctor->context->policy.tools, *type;
	unsigned char head[SUPERBLOCK_BYTES];
	struct err err = {0};
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	cleanup_fd int image = open(link, O_RDONLY | O_CLOEXEC);
	ssize_t length = image < 0 ? -1 : pread(image, head, sizeof(head), 0);

	if (length < 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", NULL, "%s: %s", path, strerror(errno));
	else if (superblock_type(head, (size_t)length, size, &type, &err) < 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: %s", path, err.text);
	else
		doctor_say(doctor, DOCTOR_OK, "tools", NULL,
			"%s: an image, %s; to try its tools: dbg-tools verify %s", path, type, path);
}

void doctor_tools(struct doctor *doctor)
{
	const char *path = doctor->context->policy.tools;
	cleanup_fd int tree = open(path, O_PATH | O_CLOEXEC);
	struct err err = {0};
	struct stat st;

	if (tree < 0 || fstat(tree, &st) < 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", build, "%s: %s", path, strerror(errno));
	else if (path_check_trusted(tree, path, &err) < 0)
		doctor_say(doctor, DOCTOR_ERROR, "tools", "make it root's, and writable by nobody else", "%s",
			err.text);
	else if (S_ISREG(st.st_mode))
		say_image(doctor, tree, (uint64_t)st.st_size);
	else
		say_tree(doctor, tree);
}
