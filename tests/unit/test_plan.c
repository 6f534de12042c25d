/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is decided, for every fact that a decision rests on. */
#include "err.h"
#include "plan.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char *const verbs[] = {"leave", "skip", "remove", "ensure", "place", "tie", "replace"};

static void planned(struct plan got, enum plan_verb verb, const char *reason, const char *name)
{
	tap_string(verbs[got.verb], verbs[verb], "%s: %s", name, verbs[verb]);
	if (reason)
		tap_contains(got.reason, reason, "%s: because %s", name, reason);
	else
		tap_string(got.reason, NULL, "%s: no reason needed", name);
}

static void test_state(void)
{
	static const struct {
		const char *name, *status;
		pid_t pid;
		enum policy_enable enable;
		const char *annotations;
		enum plan_verb verb;
		const char *reason;
	} table[] = {
		{"creating", "creating", 7, POLICY_ALL, NULL, PLAN_ENSURE, NULL},
		{"created", "created", 7, POLICY_ALL, "{}", PLAN_ENSURE, NULL},
		{"running", "running", 7, POLICY_ALL, NULL, PLAN_ENSURE, NULL},
		{"paused", "paused", 7, POLICY_ALL, NULL, PLAN_ENSURE, NULL},
		{"no process yet", "creating", 0, POLICY_ALL, NULL, PLAN_LEAVE, "names no process"},
		{"no process, and not wanted", "creating", 0, POLICY_NONE, NULL, PLAN_LEAVE,
			"names no process"},
		{"stopped", "stopped", 0, POLICY_ALL, NULL, PLAN_REMOVE, NULL},
		{"stopped, a pid still there", "stopped", 7, POLICY_ALL, NULL, PLAN_REMOVE, NULL},
		{"stopped, not wanted by now", "stopped", 0, POLICY_NONE, NULL, PLAN_REMOVE, NULL},
		{"stopped, opted out", "stopped", 0, POLICY_ALL, "{\"oci-crashcart/enable\":\"false\"}",
			PLAN_REMOVE, NULL},
		{"stopped, a sandbox", "stopped", 0, POLICY_ALL,
			"{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}", PLAN_REMOVE, NULL},
		{"not wanted", "running", 7, POLICY_NONE, NULL, PLAN_SKIP, "enable = none"},
		{"not annotated", "running", 7, POLICY_ANNOTATED, NULL, PLAN_SKIP, "enable = annotated"},
		{"annotated", "running", 7, POLICY_ANNOTATED, "{\"oci-crashcart/enable\":\"true\"}",
			PLAN_ENSURE, NULL},
		{"opted out", "running", 7, POLICY_ALL, "{\"oci-crashcart/enable\":\"false\"}", PLAN_SKIP,
			"oci-crashcart/enable is false"},
		{"CRI-O's sandbox", "running", 7, POLICY_ALL,
			"{\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}", PLAN_SKIP, "sandbox"},
		{"containerd's sandbox", "running", 7, POLICY_ALL,
			"{\"io.kubernetes.cri.container-type\":\"sandbox\"}", PLAN_SKIP, "sandbox"},
		{"a sandbox that is annotated", "running", 7, POLICY_ANNOTATED,
			"{\"oci-crashcart/"
			"enable\":\"true\",\"io.kubernetes.cri.container-type\":\"sandbox\"}",
			PLAN_SKIP, "sandbox"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct container container = {
			.id = "c1", .status = table[i].status, .pid = table[i].pid};
		struct json *annotations = NULL;
		struct policy policy;

		policy_default(&policy);
		policy.enable = table[i].enable;
		if (table[i].annotations)
			json_parse(table[i].annotations, strlen(table[i].annotations), &annotations,
				ERR_IGNORED);
		planned(plan_state(&container, annotations, &policy), table[i].verb, table[i].reason,
			table[i].name);
		json_free(annotations);
	}
}

enum { GROUP = 42 };

/* The mount as it should be. Device 0:50 is the masters' tmpfs, 0:60 the tools'. */
static const struct mount_entry good = {
	.id = 100,
	.parent = 90,
	.major = 0,
	.minor = 50,
	.root = "/c1",
	.point = "/dev/crashcart",
	.options = "ro,nosuid,nodev,noexec,relatime",
	.master = GROUP,
	.type = "tmpfs",
	.source = MNT_SOURCE,
};

/* A container with a /dev of its own (0:20, mount 11) in its root (0:10, mount 10), and nothing at /dev/crashcart. */
static struct plan_facts usual(void)
{
	return (struct plan_facts){
		.own_mount_namespace = true,
		.root = {.device = makedev(0, 10), .mount = 10, .is_mount_root = true},
		.dev = {.device = makedev(0, 20), .mount = 11, .is_mount_root = true},
		.host_dev = makedev(0, 6),
		.dev_is_whole = true,
		.point_error = ENOENT,
		.masters_device = makedev(0, 50),
		.masters_group = GROUP,
		.id = "c1",
	};
}

static void test_dev(void)
{
	static const int errors[] = {ENOTDIR, ELOOP, EACCES, EXDEV, EIO};
	struct plan_facts facts = usual();

	planned(plan_mount(&facts), PLAN_PLACE, NULL, "nothing there yet");
	facts.own_mount_namespace = false;
	planned(plan_mount(&facts), PLAN_SKIP, "no mount namespace of its own", "the host's mount namespace");
	facts = usual();
	facts.dev_error = ENOENT;
	planned(plan_mount(&facts), PLAN_SKIP, "has no /dev", "no /dev");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		facts.dev_error = errors[i];
		planned(plan_mount(&facts), PLAN_SKIP, "not a directory, or a link", strerror(errors[i]));
	}
	facts = usual();
	facts.dev.is_mount_root = false;
	planned(plan_mount(&facts), PLAN_SKIP, "not a mount of its own", "/dev is a directory of the image");
	facts = usual();
	facts.dev.mount = facts.root.mount;
	planned(plan_mount(&facts), PLAN_SKIP, "not a mount of its own", "/dev is on the root's mount");
	facts = usual();
	facts.host_dev = facts.dev.device;
	planned(plan_mount(&facts), PLAN_SKIP, "is the host's", "the host's /dev bound in");
	facts = usual();
	facts.dev_is_whole = false;
	planned(plan_mount(&facts), PLAN_SKIP, "a directory of another file system",
		"a directory bound to /dev");
	facts = usual();
	facts.dev_is_on_host = true;
	planned(plan_mount(&facts), PLAN_SKIP, "shared with the host", "a /dev that the host has too");
}

static void test_point(void)
{
	static const int errors[] = {ENOTDIR, ELOOP, EACCES};
	struct plan_facts facts = usual();

	facts.point_error = 0;
	planned(plan_mount(&facts), PLAN_PLACE, NULL, "an empty directory is there");
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		facts.point_error = errors[i];
		planned(plan_mount(&facts), PLAN_SKIP, "not a directory", strerror(errors[i]));
	}
}

/* What is planned where ENTRY is mounted on /dev/crashcart. */
static struct plan plan_with(const struct mount_entry *entry, unsigned int tools_minor)
{
	struct plan_facts facts = usual();

	facts.point_error = 0;
	facts.point = (struct mnt_identity){.mount = 100, .is_mount_root = true};
	facts.mount = entry;
	facts.tools_device = tools_minor ? makedev(0, tools_minor) : 0;
	return plan_mount(&facts);
}

static void test_ours(void)
{
	struct mount_entry entry = good;

	planned(plan_with(&good, 0), PLAN_LEAVE, "in place", "ours, and as it should be");
	planned(plan_with(&good, 60), PLAN_LEAVE, "in place", "ours, while tools are attached to the master");
	entry.master = 0;
	planned(plan_with(&entry, 0), PLAN_TIE, NULL, "ours, without a master");
	entry.master = 7;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, with another master");
	entry = good;
	entry.shared = 8;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, slave and peer");
	entry.master = 0;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, a peer without a master");
	entry = good;
	entry.options = "rw,nosuid,nodev,noexec";
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, remounted rw");
	entry.options = "ro,nosuid,nodev";
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, remounted exec");
	/* Tied again it would still be rw, and never proved. */
	entry.options = "rw,nosuid,nodev,noexec";
	entry.master = 0;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "ours, without a master and remounted rw");
}

/* crun makes a mount of config.json's read-only after the pivot. */
static void test_unfinished(void)
{
	struct plan_facts facts = usual();
	struct mount_entry entry = good;

	facts.point_error = 0;
	facts.point = (struct mnt_identity){.mount = 100, .is_mount_root = true};
	facts.mount = &entry;
	facts.unfinished = true;
	entry.options = "rw,nosuid,nodev,noexec";
	planned(plan_mount(&facts), PLAN_LEAVE, "will make it read-only", "before the pivot, and rw");
	entry.shared = 8;
	planned(plan_mount(&facts), PLAN_REPLACE, NULL, "before the pivot, and a peer");
	entry.shared = 0;
	entry.master = 0;
	planned(plan_mount(&facts), PLAN_REPLACE, NULL, "before the pivot, rw, and no slave");
	entry.master = good.master;
	entry.options = "rw,nosuid,nodev";
	planned(plan_mount(&facts), PLAN_REPLACE, NULL, "before the pivot, rw and exec");
}

static void test_not_ours(void)
{
	struct mount_entry entry = good;

	planned(plan_with(NULL, 0), PLAN_SKIP, "does not have", "a mount that its own table lacks");
	entry.root = "/c2";
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "another container's, of our tmpfs");
	entry.root = "/";
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "all masters");
	entry = good;
	entry.minor = 51;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "a stale one, of an older tmpfs of ours");
	entry.major = 1;
	planned(plan_with(&entry, 0), PLAN_REPLACE, NULL, "a stale one, of another major number");
	entry.type = "ext4";
	planned(plan_with(&entry, 0), PLAN_SKIP, "something else is mounted", "another type by our name");
	entry.type = "tmpfs";
	entry.source = "tmpfs";
	planned(plan_with(&entry, 0), PLAN_SKIP, "something else is mounted", "somebody's tmpfs");
	entry.source = MNT_SOURCE "x";
	planned(plan_with(&entry, 0), PLAN_SKIP, "something else is mounted",
		"a source that begins like ours");
}

static void test_tools(void)
{
	struct mount_entry tools = good;

	tools.minor = 60;
	tools.root = "/";
	tools.type = "overlay";
	planned(plan_with(&tools, 60), PLAN_LEAVE, "attached", "the tools are attached and there");
	tools.major = 8;
	planned(plan_with(&tools, 60), PLAN_SKIP, "something else",
		"a device with the tools' minor number alone");
	tools.major = 0;
	planned(plan_with(&tools, 61), PLAN_SKIP, "something else",
		"other tools than those that are attached");
	planned(plan_with(&tools, 0), PLAN_SKIP, "something else", "an overlay while nothing is attached");
}

static void unproven(struct mount_entry entry, unsigned int group, const char *wanted, const char *name)
{
	const char *got = plan_unproven(&entry, group);

	if (wanted)
		tap_contains(got, wanted, "unproven: %s", name);
	else
		tap_string(got, NULL, "proved: %s", name);
}

static void test_proof(void)
{
	static const char *const bad[] = {"rw,nosuid,nodev,noexec", "ro,nodev,noexec", "ro,nosuid,noexec",
		"ro,nosuid,nodev", "", "nosuid,nodev,noexec,errors=remount-ro"};
	struct mount_entry entry = good;

	unproven(good, GROUP, NULL, "a slave of the group, read-only and the rest");
	entry.options = "noexec,nodev,nosuid,ro";
	unproven(entry, GROUP, NULL, "the options in any order");
	unproven(good, 0, "not shared on the host", "no group");
	entry = good;
	entry.master = 0;
	unproven(entry, 0, "not shared on the host", "no group, and no master: 0 is not 0 here");
	unproven(entry, GROUP, "master is not the host's", "no master");
	entry.master = GROUP + 1;
	unproven(entry, GROUP, "master is not the host's", "another master");
	entry = good;
	entry.shared = 9;
	unproven(entry, GROUP, "a peer", "slave and peer");
	entry.shared = GROUP;
	entry.master = 0;
	unproven(entry, GROUP, "a peer", "a peer of the group itself");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		entry = good;
		entry.options = bad[i];
		unproven(entry, GROUP, "not ro,nosuid,nodev,noexec", bad[i]);
	}
}

static void test_provision(void)
{
	struct mount_entry entry = good;

	tap_ok(plan_is_provision(&entry, makedev(0, 50), "c1"), "a provision is one");
	tap_ok(!plan_is_provision(&entry, makedev(0, 50), "c"), "not of an id that begins alike");
	tap_ok(!plan_is_provision(&entry, makedev(0, 50), "c12"), "nor of a longer one");
	tap_ok(!plan_is_provision(&entry, makedev(0, 51), "c1"), "nor of another tmpfs");
	tap_ok(!plan_is_provision(&entry, makedev(50, 0), "c1"), "nor with the numbers the other way round");
	entry.root = "c1";
	tap_ok(!plan_is_provision(&entry, makedev(0, 50), "c1"), "nor with a root that is no path");
	entry.root = "/x/c1";
	tap_ok(!plan_is_provision(&entry, makedev(0, 50), "c1"), "nor deeper down");
	entry.root = "xc1";
	tap_ok(!plan_is_provision(&entry, makedev(0, 50), "c1"),
		"nor where something else stands for the slash");
}

int main(void)
{
	test_state();
	test_dev();
	test_point();
	test_ours();
	test_unfinished();
	test_not_ours();
	test_tools();
	test_proof();
	test_provision();
	return tap_done();
}
