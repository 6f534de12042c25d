/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "attach.h"
#include "candidates.h"
#include "index.h"
#include "inject.h"
#include "machines.h"
#include "mnt.h"
#include "mountinfo.h"
#include "ns.h"
#include "ordinary.h"
#include "path.h"
#include "runtimes.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* By our mount in the process's own mount table: its root is the id. */
static bool find_id_of_process(const struct context *context, const struct target *target, char id[256])
{
	cleanup_free char *table = NULL;
	struct mnt_identity masters;
	struct mount_entry entry;
	char *cursor;

	if (!context->has_store || target_read_mounts(target->proc, &table, ERR_IGNORED) < 0 ||
		mnt_identify(context->store.ctr, NULL, &masters) < 0)
		return false;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		if (strcmp(entry.point, "/dev/crashcart") == 0 &&
			makedev(entry.major, entry.minor) == masters.device && path_is_id(entry.root + 1)) {
			snprintf(id, 256, "%s", entry.root + 1);
			return true;
		}
	return false;
}

/* Texts are read and freed by the thousand: the C library is not to give their memory back each time. */
static void keep_memory(void)
{
#ifdef M_TRIM_THRESHOLD
	(void)mallopt(M_TRIM_THRESHOLD, 32 << 20);
#endif
}

/* SOURCES: null, or as of collect_known_of. NAME: as of machines_collect. */
static int collect_of(const struct context *context, struct sources *sources, const char *name,
	struct known_list *known, struct err *err)
{
	int rc;

	keep_memory();
	rc = context->has_store ? collect_known_of(&context->store, sources, known, err) : 0;
	if (rc == 0) {
		runtimes_collect(known);
		machines_collect(known, name);
		ordinary_collect(context, NULL, known);
	}
	return rc;
}

int collect_all(const struct context *context, struct known_list *known, struct err *err)
{
	return collect_of(context, NULL, NULL, known, err);
}

/* The one whose first process has TARGET's mount namespace. */
static struct known *find_by_namespace(const struct known_list *known, const struct target *target)
{
	for (size_t i = 0; i < known->count; i++) {
		const struct record *record = &known->list[i].record;
		cleanup_target struct target first = TARGET_NONE;

		if (known->list[i].alive &&
			target_open(record->pid, record->start_time, &first, ERR_IGNORED) == 0 &&
			ns_is_same(first.proc, target->proc, CLONE_NEWNS))
			return &known->list[i];
	}
	return NULL;
}

/* A process in no container that has our mount. */
static int resolve_foreign_process(const struct context *context, struct meant *meant, struct err *err)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int rc;

	bool is_ours = self < 0 || ns_is_same(self, meant->target.proc, CLONE_NEWNS);

	if (is_ours && !options_stay(&context->options))
		return err_set(
			err, ENOTSUP, "it is in no container: it has the caller's own mount namespace");
	rc = is_ours ? 0 : collect_all(context, &meant->known, err);
	if (rc < 0)
		return rc;
	meant->container = find_by_namespace(&meant->known, &meant->target);
	if (meant->container)
		return 0;
	rc = runtimes_add_process(&meant->known, &meant->target, is_ours, err);
	if (rc == 0)
		meant->container = &meant->known.list[meant->known.count - 1];
	return rc;
}

static int resolve_pid(
	const struct context *context, const char *digits, struct meant *meant, struct err *err)
{
	uint64_t pid;
	char id[256];
	int rc;

	if (!util_number(digits, 1, INT_MAX, &pid))
		return err_set(err, EINVAL, "pid: a process number is wanted, as in pid:1234");
	rc = target_open((pid_t)pid, 0, &meant->target, err);
	if (rc < 0)
		return rc;
	if (find_id_of_process(context, &meant->target, id) &&
		collect_one(&context->store, id, &meant->known, ERR_IGNORED) == 0)
		meant->container = meant->known.list;
	else
		rc = resolve_foreign_process(context, meant, err);
	return rc < 0 ? rc : target_check(&meant->target, err);
}

/* An id that an engine made up needs no list. One that a person chose may be another runtime's container's as well. */
static bool is_known_id(const struct context *context, const char *word, struct meant *meant)
{
	if (!context->has_store || !path_is_whole_id(word) ||
		collect_one(&context->store, word, &meant->known, ERR_IGNORED) < 0)
		return false;
	if (meant->known.list->alive)
		return true;
	known_clear(&meant->known);
	return false;
}

/* All that have this very id, wherever that is: a name's are not asked for. */
static int collect_id(
	const struct context *context, const char *id, struct known_list *known, struct err *err)
{
	struct err problem = {0};
	int rc = 0;

	if (!path_is_id(id))
		return 0;
	if (context->has_store)
		rc = collect_one(&context->store, id, known, &problem);
	if (rc < 0 && !record_is_none(rc)) {
		*err = problem;
		return err_prefix(err, "list the containers");
	}
	runtimes_collect_id(known, id);
	if (machines_is_id(id))
		machines_collect(known, NULL);
	ordinary_collect(context, id, known);
	return 0;
}

/* All are there but machines of other names. Those may be meant by a prefix, and are named where nothing is meant. */
static int find_in_known(const char *word, struct meant *meant, struct err *err)
{
	int rc = match_exact(&meant->known, word, &meant->container, err);

	if (rc < 0 || meant->container)
		return rc;
	machines_collect(&meant->known, NULL);
	return match_word(&meant->known, word, &meant->container, err);
}

/* By the whole list; and what that was is noted for the next time. */
static int find_in_all(const struct context *context, const char *word, struct meant *meant, struct err *err)
{
	cleanup_sources struct sources sources = SOURCES_NONE;
	int rc;

	sources_begin(&sources);
	rc = collect_of(context, &sources, match_bare(word), &meant->known, err);
	meant->known.sources = NULL;
	if (rc < 0)
		return rc;
	if (meant->known.is_noted)
		candidates_note(&context->store, &meant->known, &sources);
	rc = find_in_known(word, meant, err);
	if (rc == -ENOENT && runtimes_collect_rest(&meant->known))
		rc = match_word(&meant->known, word, &meant->container, err);
	return rc;
}

/* By what was noted of the list: of those that it knows, the ones that WORD may mean. -ENOENT: none of them is meant. */
static int find_in_index(
	const struct context *context, const char *word, struct meant *meant, struct err *err)
{
	cleanup_index struct index index = INDEX_NONE;
	cleanup_sources struct sources records = SOURCES_NONE;
	const char *bare = match_bare(word);

	if (!context->has_store ||
		candidates_collect(&context->store, bare, &index, &records, &meant->known) < 0)
		return -ENOENT;
	machines_collect(&meant->known, machines_is_id(bare) ? NULL : bare);
	ordinary_collect(context, NULL, &meant->known);
	if (meant->known.is_noted)
		candidates_renew(&context->store, &index, &records, &meant->known);
	return find_in_known(word, meant, err);
}

/* An id comes before all names: the index has both, and without it an id is looked up at once. */
static int find_meant(const struct context *context, const char *word, struct meant *meant, struct err *err)
{
	bool is_noted = context->has_store && !context->options.dry_run;
	struct err none = {0};
	int rc;

	meant->known.is_noted = is_noted;
	rc = find_in_index(context, word, meant, &none);
	if (rc != -ENOENT) {
		if (rc < 0)
			*err = none;
		return rc;
	}
	known_free(&meant->known); /* with all that the index has told of other things */
	meant->known.is_noted = is_noted;
	rc = collect_id(context, match_bare(word), &meant->known, err);
	if (rc == 0)
		rc = match_id(&meant->known, word, &meant->container, err);
	if (rc < 0 || meant->container)
		return rc;
	known_clear(&meant->known);
	return find_in_all(context, word, meant, err);
}

/* Processes of another pid namespace than ours cannot be told from those that have ended. */
static int say_gone(const struct record *record, struct err *err)
{
	if (record->pid_namespace && record->pid_namespace != target_pid_namespace())
		return err_set(err, ESRCH,
			"it was started from another pid namespace: call dbg-inject from there (a debug pod "
			"needs hostPID)");
	return err_set(err, ESRCH, "it is not running any more; --gc removes what it left");
}

static int resolve_word(const struct context *context, const char *word, struct meant *meant, struct err *err)
{
	const struct record *record;
	int rc;

	if (is_known_id(context, word, meant)) {
		meant->container = meant->known.list;
	} else {
		rc = find_meant(context, word, meant, err);
		if (rc < 0)
			return ordinary_hint(context, err);
	}
	record = &meant->container->record;
	rc = target_open(record->pid, record->start_time, &meant->target, err);
	return rc == -ESRCH ? say_gone(record, err) : rc;
}

int resolve(const struct context *context, const char *word, struct meant *ret, struct err *err)
{
	*ret = MEANT_NONE;
	ret->word = word;
	if (!*word)
		return err_set(err, EINVAL, "an empty name");
	if (strncmp(word, "pid:", 4) == 0)
		return resolve_pid(context, word + 4, ret, err);
	return resolve_word(context, word, ret, err);
}

int meant_look(
	const struct context *context, const struct meant *meant, struct attach_status *ret, struct err *err)
{
	const struct record *record = &meant->container->record;

	if (context->has_store)
		return attach_look(&context->store, record, &meant->target, ret, err);
	*ret = (struct attach_status){.id = record->id, .unprovisioned = "it was started without the hook"};
	return 0;
}

void meant_close(struct meant *meant)
{
	target_close(&meant->target);
	known_free(&meant->known);
}
