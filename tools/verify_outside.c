/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elf.h"
#include "err.h"
#include "sys.h"
#include "util.h"
#include "verify.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#define PLACE "/dev/crashcart"

/* The first line of a script, as the kernel reads it (BINPRM_BUF_SIZE). */
enum { SCRIPT_LINE = 256 };

/* A file that is looked at. */
struct subject {
	int tree;
	const char *path;
	const struct manifest *manifest;
	struct verify_problems *problems;
};

/* PATH, absolute, without "." and ".." and double slashes; null where it leaves the tree. New memory, relative to the tree. */
static char *below_tree(const char *path)
{
	size_t length = strlen(path), used = 0;
	char *result = malloc(length + 1);

	if (strncmp(path, PLACE, strlen(PLACE)) != 0 || (path[strlen(PLACE)] && path[strlen(PLACE)] != '/')) {
		free(result);
		return NULL;
	}
	path += strlen(PLACE);
	while (result && *path) {
		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 2 && memcmp(path, "..", 2) == 0) {
			if (used == 0) {
				free(result);
				return NULL;
			}
			while (used > 0 && result[--used] != '/')
				;
		} else if (length > 0 && !(length == 1 && *path == '.')) {
			if (used)
				result[used++] = '/';
			memcpy(result + used, path, length);
			used += length;
		}
		path += length;
	}
	if (result)
		result[used] = '\0';
	return result;
}

/* Nothing on the way leaves the tree, and at its end there is something. */
static int look(int tree, const char *path)
{
	cleanup_fd int fd =
		sys_openat2(tree, *path ? path : ".", O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);

	return fd < 0 ? fd : 0;
}

/* What one element of a library path means for a file of the tree: below the tree, new memory; null: it leaves it. */
static char *element_directory(const struct subject *subject, const char *element, size_t length)
{
	static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};
	const char *slash = strrchr(subject->path, '/');
	cleanup_free char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(origins) && !text; i++) {
		size_t known = strlen(origins[i]);

		if (length >= known && strncmp(element, origins[i], known) == 0 &&
			(length == known || element[known] == '/'))
			text = util_printf(PLACE "/%.*s%.*s", slash ? (int)(slash - subject->path) : 0,
				subject->path, (int)(length - known), element + known);
	}
	if (!text)
		text = util_printf("%.*s", (int)length, element);
	return text ? below_tree(text) : NULL;
}

/* Calls FUNCTION for each element of LIST, until one returns other than 0. */
static int each_element(const char *list,
	int (*function)(const struct subject *subject, const char *element, size_t length, void *data),
	const struct subject *subject, void *data)
{
	int rc = 0;

	for (; rc == 0 && list; list = strchr(list, ':') ? strchr(list, ':') + 1 : NULL)
		rc = function(subject, list, strcspn(list, ":"), data);
	return rc;
}

static int check_element(const struct subject *subject, const char *element, size_t length, void *err)
{
	cleanup_free char *directory = element_directory(subject, element, length);

	if (directory)
		return 0;
	return verify_add(subject->problems, err, subject->path,
		"looks for libraries outside of the tree: '%.*s'", (int)length, element);
}

static int has_library(const struct subject *subject, const char *element, size_t length, void *name)
{
	cleanup_free char *directory = element_directory(subject, element, length);
	cleanup_free char *path = directory ? util_printf("%s/%s", directory, (const char *)name) : NULL;

	return path && look(subject->tree, path) == 0;
}

static int check_needed(const struct subject *subject, const char *paths, const char *name, struct err *err)
{
	const char *loader = subject->manifest->loader;
	cleanup_free char *usual = util_printf("lib/%s", name);
	cleanup_free char *copy = strdup(name);

	if (!usual || !copy)
		return err_errno(err, ENOMEM, "%s", subject->path);
	if (strchr(name, '/'))
		/* cppcheck-suppress memleak ; the attribute cleanup frees it */
		return verify_add(
			subject->problems, err, subject->path, "needs the library %s by a path", name);
	/* musl's loader is its C library, and takes every "libc.*" for itself. */
	if (loader && strncmp(loader, "ld-musl-", 8) == 0 && strncmp(name, "libc.", 5) == 0)
		/* cppcheck-suppress memleak ; the attribute cleanup frees it */
		return 0;
	if (look(subject->tree, usual) == 0 || each_element(paths, has_library, subject, copy))
		return 0;
	return verify_add(subject->problems, err, subject->path,
		"needs the library %s, which is not in the tree", name);
}

static int check_interpreter(const struct subject *subject, const char *interpreter, struct err *err)
{
	const char *loader = subject->manifest->loader;
	cleanup_free char *wanted = util_printf(PLACE "/lib/%s", loader ?: "");

	if (!interpreter)
		return 0;
	if (!wanted)
		return err_errno(err, ENOMEM, "%s", subject->path);
	if (loader && strcmp(interpreter, wanted) == 0)
		return 0;
	return verify_add(subject->problems, err, subject->path,
		"its interpreter is %s, not the loader of the tree", interpreter);
}

/* The loader looks for nothing, and neither does a program that is static. */
static bool looks_for_libraries(const struct subject *subject, const struct elf_info *info)
{
	const char *loader = subject->manifest->loader;

	if (loader && strncmp(subject->path, "lib/", 4) == 0 && strcmp(subject->path + 4, loader) == 0)
		return false;
	return info->interpreter || info->soname || info->needed.count;
}

static int check_search(const struct subject *subject, const struct elf_info *info, struct err *err)
{
	const char *paths = info->runpath ?: info->rpath;
	int rc = each_element(paths, check_element, subject, err);

	if (rc == 0 && info->runpath)
		rc = verify_add(subject->problems, err, subject->path,
			"has a RUNPATH, which comes after LD_LIBRARY_PATH, in place of an RPATH");
	if (rc == 0 && looks_for_libraries(subject, info) && !info->no_default_libraries)
		rc = verify_add(subject->problems, err, subject->path,
			"looks for libraries in the default directories, too (no DF_1_NODEFLIB)");
	for (size_t i = 0; rc == 0 && i < info->needed.count; i++)
		rc = check_needed(subject, paths, info->needed.item[i], err);
	return rc;
}

static int check_elf(const struct subject *subject, int fd, struct err *err)
{
	cleanup_elf struct elf_info info = {0};
	const char *wanted = subject->manifest->architecture;
	struct err why = {0};
	int rc = elf_read(fd, &info, &why);

	if (rc == -ENOEXEC)
		return 0;
	if (rc < 0)
		return verify_add(subject->problems, err, subject->path, "%s", why.text);
	if (!info.arch || !wanted || strcmp(info.arch->name, wanted) != 0)
		return verify_add(subject->problems, err, subject->path, "is for another processor (%s)",
			info.arch ? info.arch->name : "of no known name");
	rc = check_interpreter(subject, info.interpreter, err);
	return rc == 0 ? check_search(subject, &info, err) : rc;
}

static int check_script(const struct subject *subject, const char *line, struct err *err)
{
	const char *start = line + 2 + strspn(line + 2, " \t");
	cleanup_free char *path = strndup(start, strcspn(start, " \t\n"));
	cleanup_free char *interpreter = path ? below_tree(path) : NULL;

	if (interpreter && look(subject->tree, interpreter) == 0)
		return 0;
	return verify_add(subject->problems, err, subject->path,
		"a script whose interpreter, %s, is not in the tree", path ?: "?");
}

int verify_outside(int tree, int fd, const char *path, mode_t mode, const struct manifest *manifest,
	struct verify_problems *problems, struct err *err)
{
	const struct subject subject = {tree, path, manifest, problems};
	char line[SCRIPT_LINE + 1] = "";
	ssize_t got = pread(fd, line, SCRIPT_LINE, 0);

	if (got < 0)
		return 0; /* that it cannot be read was said */
	line[got] = '\0';
	if (got >= 2 && memcmp(line, "#!", 2) == 0 && (mode & 0111))
		return check_script(&subject, line, err);
	return check_elf(&subject, fd, err);
}

static int add_way_out(struct verify_problems *problems, const char *path, int number, struct err *err)
{
	if (number == -EXDEV)
		return verify_add(problems, err, path, "a link that leads out of the tree");
	if (number == -ENOENT || number == -ENOTDIR)
		return verify_add(problems, err, path, "a link to nothing");
	return verify_add(problems, err, path, "a link that cannot be followed: %s", strerror(-number));
}

int verify_link(int tree, const char *path, struct verify_problems *problems, struct err *err)
{
	cleanup_free char *inside = NULL;
	char target[PATH_MAX];
	ssize_t length = readlinkat(tree, path, target, sizeof(target) - 1);
	int rc;

	if (length < 0)
		return 0;
	target[length] = '\0';
	if (target[0] == '/') {
		inside = below_tree(target);
		rc = inside ? look(tree, inside) : -EXDEV;
	} else {
		rc = look(tree, path);
	}
	return rc < 0 ? add_way_out(problems, path, rc, err) : 0;
}
