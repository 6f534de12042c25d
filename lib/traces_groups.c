/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control group of a container's first process, and those of sessions beside it. */
#include "traces.h"

#include "baseline.h"
#include "cgroup_session.h"
#include "err.h"
#include "io.h"
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* A directory of ours, and whose session has it. */
struct group {
	const char *path, *container;
	bool is_ours, is_others; /* of a session that runs, in this container or another */
};

static void see_session(const struct session *session, void *pointer)
{
	const struct json *list = json_get(session->document, "cgroups"), *entry;
	struct group *group = pointer;

	if (!json_is_array(list))
		return;
	for (entry = json_first(list); entry; entry = json_next(entry)) {
		const char *path = json_string(entry);

		if (!path || strcmp(path, group->path) != 0)
			continue;
		if (strcmp(session->container, group->container) == 0)
			group->is_ours = true;
		else
			group->is_others = true;
	}
}

static void judge(const struct store *store, const struct record *record, const char *above, const char *name,
	struct traces *traces)
{
	cleanup_free char *path = util_printf("%s/%s", above, name);
	struct group group = {.path = path, .container = record->id};
	char safe[448];

	if (!path)
		return;
	if (store)
		session_each(store, NULL, see_session, &group);
	if (!group.is_others)
		traces_add(traces, TRACE_GROUP, TRACE_OURS, "%s, of a session%s",
			util_escape(safe, sizeof(safe), path), group.is_ours ? " that runs" : "");
}

static void look_beside(const struct store *store, const struct record *record,
	const struct cgroup_session_place *place, struct traces *traces)
{
	DIR *stream = io_open_stream(place->parent, ".");
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		if (strncmp(entry->d_name, CGROUP_SESSION_PREFIX, strlen(CGROUP_SESSION_PREFIX)) == 0)
			judge(store, record, place->above, entry->d_name, traces);
	closedir(stream);
}

/* Of all hierarchies, the first in which it is elsewhere now. */
static void compare(const char *now, const char *before, struct traces *traces)
{
	size_t length = strcspn(now, " "), other = strcspn(before, " ");

	while (length && length == other && strncmp(now, before, length) == 0) {
		now += length + strspn(now + length, " ");
		before += other + strspn(before + other, " ");
		length = strcspn(now, " ");
		other = strcspn(before, " ");
	}
	if (length || other)
		traces_add(traces, TRACE_GROUP, TRACE_THEIRS, "the first process is in %.*s, and was in %.*s",
			(int)length, now, (int)other, before);
}

void traces_find_groups(const struct store *store, const struct record *record, const struct target *target,
	const struct baseline *baseline, struct traces *traces)
{
	struct cgroup_session session = {.count = 0};
	char groups[BASELINE_GROUPS_SIZE_LIMIT];

	baseline_groups(target->proc, groups);
	traces->compared[TRACE_GROUP] = baseline && baseline->groups && *groups;
	if (traces->compared[TRACE_GROUP])
		compare(groups, baseline->groups, traces);
	/* Where there are no groups in which a session could have its own, there is none. */
	traces->looked[TRACE_GROUP] = *groups != '\0';
	if (cgroup_session_open(target->proc, record->id, &session, ERR_IGNORED) < 0)
		return;
	for (size_t i = 0; i < session.count; i++)
		look_beside(store, record, &session.list[i], traces);
	cgroup_session_close(&session);
}
