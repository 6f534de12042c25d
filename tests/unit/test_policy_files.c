/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration's files: order, absence, and those that are not to be believed. The module is compiled in here, with
 * its places below the working directory, which is a scratch one; the library's copy is not linked then.
 */
#undef DATADIR
#undef SYSCONFDIR
#define DATADIR "share"
#define SYSCONFDIR "etc"
#include "policy.c"

#include "tap.h"

#include <sys/stat.h>

static struct scratch scratch;
static struct policy policy;
static struct err err;

static void begin(void)
{
	policy_default(&policy);
	err = (struct err){0};
}

static int read_file(const char *name)
{
	begin();
	return policy_read_file(scratch_path(&scratch, name), &policy, &err);
}

static int load(const char *override)
{
	begin();
	return policy_load(override, &policy, &err);
}

static void test_one_file(void)
{
	scratch_file(&scratch, "good", 0644, "strict = yes\n");
	tap_number(read_file("good"), 0, "a file is read");
	tap_ok(policy.strict, "it counts");
	tap_number(read_file("none"), 0, "a file that is not there is no error");
	tap_number(read_file("good/none"), -ENOTDIR, "a path through a file is one");
	scratch_file(&scratch, "wrong", 0644, "\nenable = x\n");
	tap_number(read_file("wrong"), -EINVAL, "a wrong line");
	tap_contains(err.text, "/wrong:2: enable = x", "file and line are named");
	tap_number(symlinkat("good", scratch.fd, "link"), 0, "(a link is made)");
	tap_number(read_file("link"), 0, "an administrator may use a symbolic link");
	tap_ok(policy.strict, "it counts");
}

static void test_not_believed(void)
{
	static const unsigned int modes[] = {0664, 0646, 0666, 0620, 0602, 0777};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		scratch_file(&scratch, "open", modes[i], "strict = yes\n");
		tap_number(read_file("open"), -EPERM, "a file of mode %04o is not believed", modes[i]);
		tap_ok(!policy.strict, "and not read");
	}
	tap_contains(err.text, "writable by others (mode 0777)", "the reason is said");
	if (geteuid() != 0) {
		tap_skip("needs root", "a file of another user's is not believed");
		return;
	}
	scratch_file(&scratch, "other", 0644, "strict = yes\n");
	tap_number(fchownat(scratch.fd, "other", 12345, 0, 0), 0, "(a file becomes another user's)");
	tap_number(read_file("other"), -EPERM, "a file of another user's is not believed");
	tap_contains(err.text, "owned by uid 12345", "the reason is said");
}

static void read_fifo(void)
{
	if (read_file("fifo") != -EINVAL)
		abort();
}

static void test_odd_files(void)
{
	char *large = malloc(70000);

	tap_number(mkdirat(scratch.fd, "directory", 0755), 0, "(a directory is made)");
	tap_number(read_file("directory"), -EINVAL, "a directory in place of a file is an error");
	tap_contains(err.text, "/directory", "it is named");
	tap_number(mkfifoat(scratch.fd, "fifo", 0644), 0, "(a FIFO is made)");
	tap_survives(read_fifo, "a FIFO in place of a file is an error, and holds nobody up");
	if (!large)
		abort();
	memset(large, '#', 69999);
	large[69999] = '\0';
	scratch_file(&scratch, "large", 0644, large);
	tap_number(read_file("large"), -EFBIG, "a file that is too large is not read");
	tap_contains(err.text, "/large", "it is named");
	free(large);
}

static void test_nul(void)
{
	static const char text[] = "strict = yes\n\0enable = none\n";

	tap_number(io_write_file(scratch.fd, "nul", 0644, text, sizeof(text) - 1, &err), 0,
		"(a file with a NUL is made)");
	tap_number(read_file("nul"), -EINVAL, "a file with a NUL is not a text");
	tap_contains(err.text, "a NUL byte", "the reason is said");
}

static int read_directory(void)
{
	begin();
	return policy_read_directory(scratch_path(&scratch, "conf.d"), &policy, &err);
}

static void test_directory(void)
{
	tap_number(read_directory(), 0, "a directory that is not there is no error");
	tap_number(mkdirat(scratch.fd, "conf.d", 0755), 0, "(it is made)");
	tap_number(read_directory(), 0, "nor is an empty one");
	scratch_file(&scratch, "conf.d/10-a.conf", 0644, "enable = none\nstrict = yes\n");
	scratch_file(&scratch, "conf.d/9-b.conf", 0644, "enable = annotated\nprofile = full\n");
	scratch_file(&scratch, "conf.d/90.conf", 0644, "enable = all\n");
	scratch_file(&scratch, "conf.d/99.conf~", 0644, "enable = none\n");
	scratch_file(&scratch, "conf.d/.hidden.conf", 0644, "enable = none\n");
	scratch_file(&scratch, "conf.d/.conf", 0644, "enable = none\n");
	scratch_file(&scratch, "conf.d/README", 0644, "read me\n");
	tap_number(read_directory(), 0, "a directory is read: *.conf, nothing hidden, nothing else");
	tap_number(policy.enable, POLICY_ALL, "in the order of the names, byte by byte: 10, 9, 90");
	tap_ok(policy.strict && strcmp(policy.profile, "full") == 0, "all of them");
}

static void test_directory_with_errors(void)
{
	scratch_file(&scratch, "conf.d/10-a.conf", 0644, "enable = x\n");
	scratch_file(&scratch, "conf.d/9-b.conf", 0666, "profile = full\n");
	scratch_file(&scratch, "conf.d/90.conf", 0644, "strict = yes\n");
	tap_number(read_directory(), -EINVAL, "files behind a wrong one");
	tap_contains(err.text, "conf.d/10-a.conf:1:", "the first wrong one is told");
	tap_ok(policy.strict, "are read, so that strict counts");
	tap_string(policy.profile, "debug", "unless they are not to be believed");
	tap_number(fchmodat(scratch.fd, "conf.d", 0777, 0), 0, "(the directory becomes everybody's)");
	tap_number(read_directory(), -EPERM, "a directory that others may write is not believed");
	tap_ok(!policy.strict, "nor is what is in it");
	tap_number(fchmodat(scratch.fd, "conf.d", 0755, 0), 0, "(and root's again)");
	begin();
	tap_number(policy_read_directory(scratch_path(&scratch, "good"), &policy, &err), -ENOTDIR,
		"a file is no directory");
}

static void make_places(void)
{
	mkdirat(scratch.fd, "share", 0755);
	mkdirat(scratch.fd, "share/oci-crashcart", 0755);
	mkdirat(scratch.fd, "etc", 0755);
	mkdirat(scratch.fd, "etc/oci-crashcart", 0755);
	tap_number(load(NULL), 0, "no configuration at all is none");
	tap_ok(!policy.strict && policy.enable == POLICY_ALL, "the defaults hold");
	mkdirat(scratch.fd, "etc/oci-crashcart/conf.d", 0755);
	scratch_file(&scratch, "share/oci-crashcart/crashcart.conf", 0644,
		"enable = none\nprofile = full\nlog-level = debug\nallow-opt-out = no\n");
	scratch_file(
		&scratch, "etc/oci-crashcart/crashcart.conf", 0644, "enable = annotated\nprofile = same\n");
	scratch_file(&scratch, "etc/oci-crashcart/conf.d/x.conf", 0644, "enable = all\n");
}

static void test_places(void)
{
	make_places();
	tap_number(load(NULL), 0, "all three places are read");
	tap_number(policy.log_level, LOG_DEBUG, "the distribution's");
	tap_string(policy.profile, "same", "the administrator's over it");
	tap_number(policy.enable, POLICY_ALL, "and conf.d over both");
	tap_number(load(scratch_path(&scratch, "good")), 0, "a file that is named instead");
	tap_ok(policy.strict && policy.allow_opt_out && policy.log_level == LOG_NOTICE, "is the only one");
	tap_number(load(scratch_path(&scratch, "wrong")), -EINVAL, "also where it is wrong");
}

static void test_places_with_errors(void)
{
	scratch_file(&scratch, "share/oci-crashcart/crashcart.conf", 0644, "bad\n");
	tap_number(load(NULL), -EINVAL, "the distribution's file is wrong");
	tap_contains(err.text, "share/oci-crashcart/crashcart.conf:1:", "it is named");
	tap_string(policy.profile, "same", "the administrator's is read all the same");
	scratch_file(&scratch, "etc/oci-crashcart/crashcart.conf", 0666, "profile = full\n");
	scratch_file(&scratch, "etc/oci-crashcart/conf.d/x.conf", 0644, "strict = yes\n");
	tap_number(load(NULL), -EINVAL, "and the administrator's is not to be believed");
	tap_contains(err.text, "share/oci-crashcart/crashcart.conf:1:", "the first error is told");
	tap_ok(policy.strict, "conf.d counts all the same");
	scratch_file(&scratch, "share/oci-crashcart/crashcart.conf", 0644, "");
	tap_number(load(NULL), -EPERM, "the administrator's alone");
	tap_contains(err.text, "etc/oci-crashcart/crashcart.conf", "it is named");
	scratch_file(&scratch, "etc/oci-crashcart/crashcart.conf", 0644, "");
	scratch_file(&scratch, "etc/oci-crashcart/conf.d/x.conf", 0644, "strict = perhaps\n");
	tap_number(load(NULL), -EINVAL, "conf.d alone");
	tap_contains(err.text, "etc/oci-crashcart/conf.d/x.conf:1:", "it is named");
}

int main(void)
{
	scratch_make(&scratch);
	if (fchdir(scratch.fd) < 0)
		abort();
	test_one_file();
	test_not_believed();
	test_odd_files();
	test_nul();
	test_directory();
	test_directory_with_errors();
	test_places();
	test_places_with_errors();
	scratch_remove(&scratch);
	return tap_done();
}
