/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machines.h"

#include "bounds.h"
#include "err.h"
#include "io.h"
#include "machine_names.h"
#include "ns.h"
#include "path.h"
#include "target.h"
#include "trusted.h"
#include "util.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#define HIERARCHIES "/sys/fs/cgroup"

/* Of version 2 alone, and where both versions are, those that LXC has its containers in. All units are in each of systemd's. */
static const struct {
	const char *top;
	bool systemd;
} hierarchies[] = {
	{HIERARCHIES, true},
	{HIERARCHIES "/unified", true},
	{HIERARCHIES "/systemd", true},
	{HIERARCHIES "/pids", false},
	{HIERARCHIES "/freezer", false},
};

/* A process of a container of that kind: with mounts and processes of its own. The monitor beside it is the host's. */
static bool is_inside(const struct target *target)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return self >= 0 && !ns_is_same(self, target->proc, CLONE_NEWNS) &&
	       !ns_is_same(self, target->proc, CLONE_NEWPID);
}

/* FIRST becomes process PID if that is inside and older; of two of one age the lower number is the elder. */
static void consider(pid_t pid, struct target *first)
{
	cleanup_target struct target each = TARGET_NONE;

	if (target_open(pid, 0, &each, ERR_IGNORED) < 0 || !is_inside(&each))
		return;
	if (first->pidfd >= 0 && (first->start_time < each.start_time ||
					 (first->start_time == each.start_time && first->pid < each.pid)))
		return;
	target_close(first);
	*first = each;
	each = TARGET_NONE;
}

static void consider_group(int group, int *rest, struct target *first)
{
	cleanup_free char *text = NULL;
	char *cursor, *line;
	uint64_t pid;

	if (io_read_file(group, "cgroup.procs", MACHINE_PROCESSES_SIZE_LIMIT, &text, NULL, ERR_IGNORED) < 0)
		return;
	for (cursor = text; *rest > 0 && (line = strsep(&cursor, "\n")); (*rest)--)
		if (util_number(line, 1, INT_MAX, &pid))
			consider((pid_t)pid, first);
}

/* The oldest process in GROUP and below: a container may have moved its first process into a group of its own. */
static void find_first(int group, int depth, int *rest, struct target *first)
{
	DIR *stream;
	struct dirent *entry;

	consider_group(group, rest, first);
	stream = depth > 0 ? io_open_stream(group, ".") : NULL;
	while (stream && *rest > 0 && (entry = readdir(stream))) {
		cleanup_fd int inner = FD_NONE;

		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		(*rest)--;
		inner = openat(group, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			find_first(inner, depth - 1, rest, first);
	}
	if (stream)
		closedir(stream);
}

/* A record that owns its texts. A name that is none for a file is replaced by the number of the mount namespace. */
static int make_record(
	const char *engine, const char *name, const struct target *first, struct record *ret, struct err *err)
{
	struct record draft = {.name = name, .engine = engine, .foreign = true};
	char id[MACHINE_NAME_SIZE + 16];
	cleanup_free char *text = NULL;
	size_t length;
	int rc;

	snprintf(id, sizeof(id), "%s-%s", engine, name);
	if (!path_is_id(id))
		snprintf(id, sizeof(id), "mnt-%lu", (unsigned long)ns_mount_number(first->proc));
	draft.id = id;
	draft.pid = first->pid;
	draft.start_time = first->start_time;
	draft.pid_namespace = target_pid_namespace();
	rc = record_format(&draft, &text, &length, err);
	return rc < 0 ? rc : record_parse(text, length, id, ret, err);
}

static void add(struct known_list *known, const char *engine, const char *name, const struct target *first)
{
	struct record record = RECORD_NONE;

	if (first->pidfd >= 0 && make_record(engine, name, first, &record, ERR_IGNORED) == 0)
		(void)known_add(known, &record, true, ERR_IGNORED);
}

static void add_group(
	struct known_list *known, const char *engine, int directory, const char *group, const char *name)
{
	cleanup_fd int fd = openat(directory, group, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_target struct target first = TARGET_NONE;
	int rest = MACHINE_LOOK_LIMIT;

	if (fd >= 0)
		find_first(fd, MACHINE_DEPTH_LIMIT, &rest, &first);
	add(known, engine, name, &first);
}

/* The groups in the directory PATH that NAME_OF knows the name of. */
static void add_groups(struct known_list *known, const char *engine, const char *path,
	bool (*name_of)(const char *group, char ret[MACHINE_NAME_SIZE]))
{
	DIR *stream = io_open_stream(AT_FDCWD, path);
	struct dirent *entry;
	char name[MACHINE_NAME_SIZE];

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (name_of(entry->d_name, name))
			add_group(known, engine, dirfd(stream), entry->d_name, name);
	closedir(stream);
}

/* The same of the one group, PATH with PREFIX and WANTED behind it, if NAME_OF knows WANTED as its name. */
static void add_wanted(struct known_list *known, const char *engine, const char *path, const char *prefix,
	const char *wanted, bool (*name_of)(const char *group, char ret[MACHINE_NAME_SIZE]))
{
	char name[MACHINE_NAME_SIZE], file[PATH_MAX];
	const char *group = file + strlen(path) + 1;

	if (!strchr(wanted, '/') &&
		(size_t)snprintf(file, sizeof(file), "%s/%s%s", path, prefix, wanted) < sizeof(file) &&
		name_of(group, name) && access(file, F_OK) == 0)
		add_group(known, engine, AT_FDCWD, file, name);
}

/* LXC before 4.0: lxc/NAME. */
static bool any_name(const char *group, char ret[MACHINE_NAME_SIZE])
{
	return group[0] != '.' && snprintf(ret, MACHINE_NAME_SIZE, "%s", group) < MACHINE_NAME_SIZE;
}

static void add_hierarchy(struct known_list *known, size_t number, const char *name)
{
	const char *top = hierarchies[number].top;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lxc", top);
	if (name) {
		add_wanted(known, "lxc", top, "lxc.payload.", name, machine_of_lxc);
		add_wanted(known, "lxc", path, "", name, any_name);
	} else {
		add_groups(known, "lxc", top, machine_of_lxc);
		add_groups(known, "lxc", path, any_name);
	}
	if (!hierarchies[number].systemd)
		return;
	snprintf(path, sizeof(path), "%s/machine.slice", top);
	add_groups(known, "nspawn", path, machine_of_unit);
}

/* The file may be of a machine that is no more, and the pid another process's: its unit tells, and its namespaces. */
static bool is_leader(const struct target *target, const struct machine_file *file)
{
	cleanup_free char *membership = NULL;

	if (!is_inside(target) || io_read_file(target->proc, "cgroup", MACHINE_FILE_SIZE_LIMIT, &membership,
					  NULL, ERR_IGNORED) < 0)
		return false;
	return !file->unit[0] || machine_is_member(membership, file->unit);
}

static void add_registered(struct known_list *known, int directory, const char *name)
{
	cleanup_target struct target target = TARGET_NONE;
	cleanup_free char *text = NULL;
	struct machine_file file;
	size_t length;

	if (io_read_file(directory, name, MACHINE_FILE_SIZE_LIMIT, &text, &length, ERR_IGNORED) == 0 &&
		machine_parse(text, length, &file) && file.nspawn &&
		target_open(file.leader, 0, &target, ERR_IGNORED) == 0 && is_leader(&target, &file))
		add(known, "nspawn", name, &target);
}

/* False: there is nothing in the directory. */
static bool add_each_registered(struct known_list *known, int directory)
{
	DIR *stream = io_open_stream(directory, ".");
	struct dirent *entry;
	bool found = !stream;

	while (stream && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		found = true;
		/* "unit:UNIT" is a link to the machine that the unit has */
		if (!strchr(entry->d_name, ':') && strlen(entry->d_name) < MACHINE_NAME_SIZE)
			add_registered(known, directory, entry->d_name);
	}
	if (stream)
		closedir(stream);
	return found;
}

static void add_all_registered(struct known_list *known, int root)
{
	static const char path[] = "/run/systemd/machines";
	struct absence *none = &known->no_machines;
	cleanup_fd int directory = FD_NONE;

	if (none->is_true)
		return;
	sources_free(&none->sources);
	if (known->is_noted)
		sources_begin(&none->sources);
	sources_add(&none->sources, path);
	directory = trusted_open(root, path, O_RDONLY | O_DIRECTORY, ERR_IGNORED);
	none->is_true = directory < 0 ? directory == -ENOENT : !add_each_registered(known, directory);
}

/* Either the first is all that there is, or it has no groups of its own. Where neither is seen, all are looked at. */
static void choose_hierarchies(size_t *ret_first, size_t *ret_end)
{
	struct statfs fs = {0};

	(void)statfs(HIERARCHIES, &fs);
	*ret_first = fs.f_type == TMPFS_MAGIC ? 1 : 0;
	*ret_end = fs.f_type == CGROUP2_SUPER_MAGIC ? 1 : ARRAY_SIZE(hierarchies);
}

bool machines_is_id(const char *id)
{
	static const char *const begins[] = {"lxc-", "nspawn-", "mnt-"};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(id, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

void machines_collect(struct known_list *known, const char *name)
{
	struct engines *engines = known_engines(known);
	size_t first, end;

	if (engines)
		add_all_registered(known, engines_root(engines));
	choose_hierarchies(&first, &end);
	for (size_t i = first; i < end; i++)
		add_hierarchy(known, i, name);
	known_sort(known);
}
