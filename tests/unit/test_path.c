/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that may become paths, and paths that may not lead out. */
#include "err.h"
#include "path.h"
#include "tap.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void test_ids(void)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	char id[202];
	size_t wrong = 0;

	for (int byte = 1; byte < 256; byte++) {
		char text[] = {'a', (char)byte, 'z', '\0'};

		wrong += path_is_id(text) != (strchr(allowed, byte) != NULL);
	}
	tap_number((int64_t)wrong, 0, "each of the 255 bytes is allowed or not, as documented");
	tap_ok(!path_is_id(""), "nothing is no id");
	tap_ok(!path_is_id(".") && !path_is_id("..") && !path_is_id(".a"), "no id begins with a dot");
	tap_ok(!path_is_id("-") && !path_is_id("-a") && !path_is_id("--"), "nor with a dash");
	tap_ok(path_is_id("a.") && path_is_id("a-") && path_is_id("_") && path_is_id("+"),
		"elsewhere both are allowed");
	memset(id, 'a', 201);
	id[201] = '\0';
	tap_ok(!path_is_id(id), "201 bytes are too many");
	id[200] = '\0';
	tap_ok(path_is_id(id), "200 are not");
}

/* A root/ with links that lead about, and a secret/ beside it. */
static void make_tree(const struct scratch *scratch)
{
	static const char *const links[][2] = {{"../secret", "root/up"}, {"/secret", "root/absolute"},
		{"d", "root/inner"}, {"../../../../../../etc", "root/far"}, {"/d", "root/to-d"},
		{"loop", "root/loop"}};

	mkdirat(scratch->fd, "root", 0755);
	mkdirat(scratch->fd, "root/d", 0755);
	mkdirat(scratch->fd, "root/secret", 0755);
	mkdirat(scratch->fd, "secret", 0755);
	scratch_file(scratch, "root/d/file", 0644, "mine");
	scratch_file(scratch, "secret/file", 0644, "the host's");
	scratch_file(scratch, "root/secret/file", 0644, "of the tree");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		(void)!symlinkat(links[i][0], scratch->fd, links[i][1]);
}

/* Opens PATH with OPEN; what is read there is WANTED, or (null) the error is NUMBER. */
static void opens(int (*open_at)(int, const char *, int), int root, const char *how, const char *path,
	const char *wanted, int number)
{
	cleanup_fd int fd = open_at(root, path, O_RDONLY);
	char text[64] = "";

	if (!wanted) {
		tap_number(fd, -number, "%s: %s does not open", how, path);
		return;
	}
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	tap_string(text, wanted, "%s: %s opens what is meant", how, path);
	tap_ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC), "%s: %s closes on exec", how, path);
}

static void test_beneath(int root)
{
	opens(path_open_beneath, root, "beneath", "d/file", "mine", 0);
	opens(path_open_beneath, root, "beneath", "./d/../d/file", "mine", 0);
	opens(path_open_beneath, root, "beneath", "inner/file", NULL, ELOOP);
	opens(path_open_beneath, root, "beneath", "up/file", NULL, ELOOP);
	opens(path_open_beneath, root, "beneath", "absolute/file", NULL, ELOOP);
	opens(path_open_beneath, root, "beneath", "inner", NULL, ELOOP);
	opens(path_open_beneath, root, "beneath", "../secret/file", NULL, EXDEV);
	opens(path_open_beneath, root, "beneath", "d/../../secret/file", NULL, EXDEV);
	opens(path_open_beneath, root, "beneath", "/d/file", NULL, EXDEV);
	opens(path_open_beneath, root, "beneath", "none", NULL, ENOENT);
}

static void test_in_root(int root)
{
	opens(path_open_in_root, root, "in root", "d/file", "mine", 0);
	opens(path_open_in_root, root, "in root", "/d/file", "mine", 0);
	opens(path_open_in_root, root, "in root", "inner/file", "mine", 0);
	opens(path_open_in_root, root, "in root", "to-d/file", "mine", 0);
	opens(path_open_in_root, root, "in root", "up/file", "of the tree", 0);
	opens(path_open_in_root, root, "in root", "absolute/file", "of the tree", 0);
	opens(path_open_in_root, root, "in root", "/../../secret/file", "of the tree", 0);
	opens(path_open_in_root, root, "in root", "far/passwd", NULL, ENOENT);
	opens(path_open_in_root, root, "in root", "loop", NULL, ELOOP);
}

/* A link of /proc's leads anywhere at once, without a path in between. */
static void test_magic_links(void)
{
	cleanup_fd int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	tap_number(path_open_in_root(proc, "root/etc/passwd", O_RDONLY), -ELOOP,
		"in root: a link of /proc's is refused");
	tap_number(path_open_beneath(proc, "cwd", O_RDONLY), -ELOOP, "beneath: likewise");
}

static void test_make_directory(const struct scratch *scratch)
{
	mode_t old = umask(0077);
	struct err err = {0};
	struct stat st;
	int fd = FD_NONE;

	tap_number(path_make_directory(scratch->fd, "new", 0711, &fd, &err), 0, "a directory is made");
	tap_ok(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0711, "with its mode, whatever the umask");
	tap_ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it closes on exec");
	close_keep_errno(&fd);
	(void)!fchmodat(scratch->fd, "new", 0700, 0);
	tap_number(
		path_make_directory(scratch->fd, "new", 0711, &fd, &err), 0, "one that is there is opened");
	tap_ok(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0700, "and left as it is");
	close_keep_errno(&fd);
	umask(old);
	(void)!symlinkat("new", scratch->fd, "link");
	tap_ok(path_make_directory(scratch->fd, "link", 0711, &fd, &err) < 0 && fd == FD_NONE,
		"a link is not followed");
	tap_contains(err.text, "link", "it is named");
	scratch_file(scratch, "file", 0644, "");
	tap_ok(path_make_directory(scratch->fd, "file", 0711, &fd, &err) < 0 && fd == FD_NONE,
		"a file is none");
	tap_number(path_make_directory(scratch->fd, "none/new", 0711, &fd, &err), -ENOENT,
		"parents are not made");
}

static int trusted(const struct scratch *scratch, unsigned int mode, struct err *err)
{
	cleanup_fd int fd = FD_NONE;

	scratch_file(scratch, "t", mode | 0400, "");
	fd = openat(scratch->fd, "t", O_RDONLY | O_CLOEXEC);
	return path_check_trusted(fd, "NAME", err);
}

/* As nobody: a file of our own is as good as root's. */
static void trust_own(void)
{
	struct scratch scratch;
	struct err err = {0};

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		abort();
	scratch_make(&scratch);
	if (trusted(&scratch, 0644, &err) < 0)
		abort();
	scratch_remove(&scratch);
}

static void test_trust(const struct scratch *scratch)
{
	struct err err = {0};
	cleanup_fd int fd = FD_NONE;

	tap_number(trusted(scratch, 0644, &err), 0, "a file that its owner alone may write is trusted");
	tap_number(trusted(scratch, 0777 & ~0022, &err), 0, "whoever may read and execute it");
	tap_number(trusted(scratch, 0620, &err), -EPERM, "not one that a group may write");
	tap_number(trusted(scratch, 0602, &err), -EPERM, "nor one that all may");
	tap_string(err.text, "NAME: writable by others (mode 0602): not trusted", "the reason is said");
	tap_survives(trust_own, "who is not root trusts files of his own");
	tap_number(path_check_trusted(FD_NONE, "NAME", &err), -EBADF, "nor what cannot be looked at");
	if (geteuid() != 0) {
		tap_skip("needs root", "nor another user's");
		return;
	}
	scratch_file(scratch, "t", 0644, "");
	if (fchownat(scratch->fd, "t", 12345, 0, 0) == 0)
		fd = openat(scratch->fd, "t", O_RDONLY | O_CLOEXEC);
	tap_number(path_check_trusted(fd, "NAME", &err), -EPERM, "nor another user's");
	tap_contains(err.text, "NAME: owned by uid 12345", "the reason is said");
}

int main(void)
{
	struct scratch scratch;
	int root;

	scratch_make(&scratch);
	make_tree(&scratch);
	root = openat(scratch.fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	test_ids();
	test_beneath(root);
	test_in_root(root);
	test_magic_links();
	close(root);
	test_make_directory(&scratch);
	test_trust(&scratch);
	scratch_remove(&scratch);
	return tap_done();
}
