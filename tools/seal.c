/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seal.h"

#include "elf.h"
#include "err.h"
#include "io.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define TREE "/dev/crashcart"
enum { SIZE_LIMIT = 1 << 30 };

struct content {
	char *text;
	size_t length;
	bool changed;
};

/* FROM becomes TREE, as many slashes as keep the length, and TO. %s: the distribution's name of the architecture. */
static const struct rule {
	const char *from;
	const char *to;
} rules[] = {
	/* Debian's: gconv, SASL, PKCS #11, OpenSSL engines and other plug-ins; the loader's default
	   directories. */
	{"/usr/lib/%s", "lib"},
	{"/lib/%s", "lib"},
	/* Fedora's. "/usr/lib64" itself is too short to be a path of ours. */
	{"/usr/lib64/gconv", "g"},
	/* Binary locales, and message catalogues, whose texts are format strings. */
	{"/usr/lib/locale", ""},
	{"/usr/share/locale", "mo"},
	/* Descriptions of terminals: the list that Debian compiles in, and Fedora's. */
	{"/etc/terminfo:/lib/terminfo:/usr/share/terminfo", "share/terminfo"},
	{"/etc/terminfo:/usr/share/terminfo", "share/terminfo"},
};

static bool is_path_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte && strchr("._-+", byte));
}

/* The next place where FROM is a whole path or the beginning of one, not the middle of another's name. */
static char *find_path(const struct content *content, char *start, const char *from)
{
	size_t length = strlen(from);
	const char *end = content->text + content->length;
	char *found = start;

	while ((found = memmem(found, (size_t)(end - found), from, length))) {
		bool begins = found == content->text || !(is_path_byte(found[-1]) || found[-1] == '/');
		bool ends = found + length == end || !is_path_byte(found[length]);

		if (begins && ends)
			return found;
		found++;
	}
	return NULL;
}

/* TO, of LENGTH bytes: the tree, slashes, TAIL; an absolute TAIL has all slashes before it. */
static bool make_path(char *to, size_t length, const char *tail)
{
	size_t head = tail[0] == '/' ? 0 : strlen(TREE), end = strlen(tail);

	if (length < head + end + (head ? 1 : 0) && !(head == length && end == 0))
		return false;
	memset(to, '/', length);
	/* NOLINTBEGIN(bugprone-not-null-terminated-result): it is in the midst of a file */
	memcpy(to, TREE, head);
	memcpy(to + length - end, tail, end);
	/* NOLINTEND(bugprone-not-null-terminated-result) */
	return true;
}

static void overwrite(struct content *content, const char *from, const char *to, size_t length)
{
	for (char *found = content->text; (found = find_path(content, found, from)); found += length) {
		memcpy(found, to, length);
		content->changed = true;
	}
}

static void apply_rule(struct content *content, const struct rule *rule, const struct elf_arch *arch)
{
	char from[128], to[128];
	size_t before = strcspn(rule->from, "%");
	size_t length = (size_t)snprintf(from, sizeof(from), "%.*s%s", (int)before, rule->from,
		rule->from[before] ? arch->multiarch : "");

	if (length < sizeof(from) && make_path(to, length, rule->to))
		overwrite(content, from, to, length);
}

/*
 * An empty name cannot be opened, whatever the container has: ENOENT for every system call that
 * takes a path (path_resolution(7)). Exactly one: were it there twice, one of them could be part of
 * something else.
 */
static int blank(struct content *content, const char *text, struct err *err)
{
	size_t length = strlen(text) + 1; /* with its NUL */
	char *found = memmem(content->text, content->length, text, length);
	const char *end = content->text + content->length;

	if (!found || memmem(found + 1, (size_t)(end - found - 1), text, length))
		return err_set(err, ENOTSUP,
			"it has the name %s %s: it cannot be kept from reading the container's "
			"file",
			text, found ? "more than once" : "nowhere");
	memset(found, 0, length);
	content->changed = true;
	return 0;
}

/*
 * OpenSSL loads whatever module its configuration names, before a program does anything. The
 * directory of that file is too short a name to be one of ours, so that the file becomes the
 * directory itself: opened, it reads as empty.
 */
static void blank_openssl(struct content *content)
{
	static const char name[] = "\0openssl.cnf";
	char *found = memmem(content->text, content->length, name, sizeof(name));

	if (!found)
		return;
	memset(found + 1, 0, sizeof(name) - 1);
	found[1] = '.';
	content->changed = true;
}

static int save(int dirfd, const char *name, const struct content *content, struct err *err)
{
	cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -errno : io_write_all(fd, content->text, content->length);

	return rc < 0 ? err_errno(err, -rc, "write %s", name) : 0;
}

static int seal(int dirfd, const char *name, const struct elf_arch *arch, bool loader, struct err *err)
{
	cleanup_free char *text = NULL;
	struct content content = {0};
	int rc = io_read_file(dirfd, name, SIZE_LIMIT, &text, &content.length, err);

	if (rc < 0)
		return rc;
	content.text = text;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		apply_rule(&content, &rules[i], arch);
	blank_openssl(&content);
	if (loader)
		rc = blank(&content, "/etc/ld.so.preload", err);
	if (loader && rc == 0)
		rc = blank(&content, "/etc/ld.so.cache", err);
	return rc == 0 && content.changed ? save(dirfd, name, &content, err) : rc;
}

int seal_library(int dirfd, const char *name, const struct elf_arch *arch, struct err *err)
{
	return seal(dirfd, name, arch, false, err);
}

int seal_replace(int dirfd, const char *name, const char *from, const char *to, struct err *err)
{
	cleanup_free char *text = NULL, *path = NULL;
	struct content content = {0};
	size_t length = strlen(from);
	int rc = io_read_file(dirfd, name, SIZE_LIMIT, &text, &content.length, err);

	if (rc < 0)
		return rc;
	path = calloc(1, length + 1);
	if (!path)
		return err_errno(err, ENOMEM, "%s", name);
	if (*to && !make_path(path, length, to))
		return err_set(err, ENAMETOOLONG, "%s: no room for %s in place of %s", name, to, from);
	content.text = text;
	overwrite(&content, from, path, length);
	return content.changed ? save(dirfd, name, &content, err) : 0;
}

int seal_loader(int dirfd, const char *name, const struct elf_arch *arch, struct err *err)
{
	return seal(dirfd, name, arch, true, err);
}
