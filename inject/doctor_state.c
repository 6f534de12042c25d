/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state directory, as it is: nothing is made here. */
#include "doctor.h"

#include "io.h"
#include "mnt.h"
#include "mountinfo.h"
#include "ns.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

enum { STUCK_AGE = 60, FULL_PERCENT = 80 };

static const char *state_path(void)
{
	const char *path = getenv("OCI_CRASHCART_STATE_DIR");

	return path ? path : STATE_DIRECTORY;
}

/* The line of the masters' mount in our table; its texts lie in *RET_TABLE. */
static bool find_masters(const struct store *store, char **ret_table, struct mount_entry *ret)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mnt_identity identity;

	return self >= 0 && mnt_identify(store->ctr, NULL, &identity) == 0 &&
	       target_read_mounts(self, ret_table, ERR_IGNORED) == 0 &&
	       mountinfo_find(*ret_table, identity.mount, ret);
}

static void say_masters(struct doctor *doctor, const struct store *store)
{
	cleanup_free char *table = NULL;
	struct mount_entry entry;

	if (!find_masters(store, &table, &entry))
		doctor_say(
			doctor, DOCTOR_ERROR, "state", NULL, "%s/ctr: not in the mount table", state_path());
	else if (!entry.shared)
		doctor_say(doctor, DOCTOR_ERROR, "state",
			"mount --make-shared it; containers that started meanwhile get tools by a move",
			"%s/ctr is not shared: what is attached does not reach any container", state_path());
	else if (strcmp(entry.type, "tmpfs") != 0 || strcmp(entry.source, MNT_SOURCE) != 0)
		doctor_say(doctor, DOCTOR_ERROR, "state",
			"containers can fill it: unmount it when no container uses it, it is made anew",
			"%s/ctr is not a small tmpfs of its own, but %s", state_path(), entry.type);
	else
		doctor_say(
			doctor, DOCTOR_OK, "state", NULL, "%s/ctr is shared:%u", state_path(), entry.shared);
}

static unsigned int percent(unsigned long free_ones, unsigned long all)
{
	return all ? (unsigned int)((all - free_ones) * 100 / all) : 0;
}

static void say_usage(struct doctor *doctor, const struct store *store)
{
	unsigned int bytes, files;
	struct statvfs fs;

	if (fstatvfs(store->ctr, &fs) < 0)
		return;
	bytes = percent(fs.f_bfree, fs.f_blocks);
	files = percent(fs.f_ffree, fs.f_files);
	doctor_say(doctor, bytes > FULL_PERCENT || files > FULL_PERCENT ? DOCTOR_WARNING : DOCTOR_OK, "state",
		bytes > FULL_PERCENT || files > FULL_PERCENT
			? "new containers may get no mount soon: dbg-inject --gc; a privileged container may "
			  "have written there"
			: NULL,
		"%u%% of its bytes and %u%% of its %lu files are in use", bytes, files,
		(unsigned long)fs.f_files);
}

/* Marks that are older than any start of a container takes. */
static size_t count_pending(const struct store *store)
{
	DIR *stream = io_open_stream(store->pending, ".");
	time_t limit = time(NULL) - STUCK_AGE;
	struct dirent *entry;
	struct stat st;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += entry->d_name[0] != '.' &&
			 fstatat(dirfd(stream), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			 st.st_mtime < limit;
	if (stream)
		closedir(stream);
	return count;
}

static void say_leftovers(struct doctor *doctor, const struct store *store)
{
	cleanup_known struct known_list known = KNOWN_NONE;
	size_t dead = 0, pending = count_pending(store);
	struct err err = {0};

	if (collect_known(store, &known, &err) < 0) {
		doctor_say(doctor, DOCTOR_ERROR, "state", NULL, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < known.count; i++)
		dead += !known.list[i].alive;
	if (dead || pending)
		doctor_say(doctor, DOCTOR_WARNING, "state", "remove what they left: dbg-inject --gc",
			"%zu records of containers that have ended, %zu marks of starts that got stuck", dead,
			pending);
	else
		doctor_say(
			doctor, DOCTOR_OK, "state", NULL, "%zu containers are known, all run", known.count);
}

/* Engines and their monitors by the names of their processes, as the kernel cuts them. */
static bool is_engine(const char *name)
{
	static const char *const names[] = {"crio", "dockerd", "containerd", "kubelet"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* A container's process may have any name. */
static bool has_our_root(const struct target *target)
{
	struct mnt_identity ours, theirs;

	return mnt_identify(AT_FDCWD, "/", &ours) == 0 &&
	       mnt_identify_link(target->proc, "root", &theirs) == 0 && ours.device == theirs.device &&
	       ours.inode == theirs.inode;
}

static void look_at_process(struct doctor *doctor, int self, pid_t pid)
{
	cleanup_target struct target target = TARGET_NONE;
	char name[64];

	if (target_open(pid, 0, &target, ERR_IGNORED) < 0)
		return;
	target_name(target.proc, name);
	if (is_engine(name) && has_our_root(&target) && !ns_is_same(self, target.proc, CLONE_NEWNS))
		doctor_say(doctor, DOCTOR_WARNING, "state",
			"have the state directory made at boot: systemctl enable "
			"oci-crashcart-state.service, see oci-crashcart(7)",
			"%s (pid %d) runs in a mount namespace of its own", name, pid);
}

static void say_namespaces(struct doctor *doctor)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	DIR *processes = io_open_stream(AT_FDCWD, "/proc");
	struct dirent *entry;
	uint64_t pid;

	while (self >= 0 && processes && (entry = readdir(processes)))
		if (util_number(entry->d_name, 1, INT_MAX, &pid))
			look_at_process(doctor, self, (pid_t)pid);
	if (processes)
		closedir(processes);
}

void doctor_state(struct doctor *doctor)
{
	cleanup_store struct store store = STORE_NONE;
	struct err err = {0};
	int rc = store_open(state_path(), false, &store, &err);

	if (rc == -ENOENT)
		doctor_say(doctor, DOCTOR_OK, "state", NULL,
			"%s: not complete, it is made when the first container starts", state_path());
	else if (rc < 0)
		doctor_say(doctor, DOCTOR_ERROR, "state",
			rc == -EPERM ? "whoever writes there is root: look what it is, and remove it"
				     : "dbg-inject --gc makes it anew",
			"%s", err.text);
	else
		doctor_say(doctor, DOCTOR_OK, "state", NULL, "%s is there, and root's alone", state_path());
	if (rc == 0) {
		say_masters(doctor, &store);
		say_usage(doctor, &store);
		say_leftovers(doctor, &store);
	}
	say_namespaces(doctor);
}
