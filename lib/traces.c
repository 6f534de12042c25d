/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traces.h"

#include "attach.h"
#include "baseline.h"
#include "err.h"
#include "foreign.h"
#include "io.h"
#include "path.h"
#include "plan.h"
#include "superblock.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

void traces_add(struct traces *traces, enum trace_kind kind, enum trace_owner owner, const char *format, ...)
{
	struct trace *longer;
	char text[2048];
	va_list ap;

	traces->all++;
	if (traces->count == TRACES_LIMIT)
		return;
	longer = realloc(traces->list, (traces->count + 1) * sizeof(*longer));
	if (!longer)
		return;
	traces->list = longer;
	longer += traces->count++;
	*longer = (struct trace){.kind = kind, .owner = owner};
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(longer->text, sizeof(longer->text), "%.*s", (int)sizeof(longer->text) - 1, text);
}

void traces_free(struct traces *traces)
{
	free(traces->list);
	*traces = TRACES_NONE;
}

/* ---- texts of the baseline, each to be found once ---- */

struct expected {
	const char **texts; /* sorted; null: none */
	bool *found;
	size_t count;
};

static int by_text(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void expected_free(struct expected *expected)
{
	free(expected->texts);
	free(expected->found);
	*expected = (struct expected){0};
}

static int expect(const struct json *list, struct expected *ret)
{
	size_t count = 0;

	*ret = (struct expected){0};
	for (const struct json *text = json_first(list); text; text = json_next(text))
		count++;
	ret->texts = calloc(count + 1, sizeof(*ret->texts));
	ret->found = calloc(count + 1, sizeof(*ret->found));
	if (!ret->texts || !ret->found) {
		expected_free(ret);
		return -ENOMEM;
	}
	for (const struct json *text = json_first(list); text; text = json_next(text))
		ret->texts[ret->count++] = json_string(text);
	qsort(ret->texts, ret->count, sizeof(*ret->texts), by_text);
	return 0;
}

/* Of texts that are there several times, each is found once. */
static bool take(struct expected *expected, const char *text)
{
	size_t low = 0, high = expected->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(expected->texts[middle], text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < expected->count && strcmp(expected->texts[low], text) == 0; low++)
		if (!expected->found[low])
			return expected->found[low] = true;
	return false;
}

/* ---- mounts ---- */

/* What is known of ours, to tell mounts by. */
struct mounts {
	const struct record *record;
	struct attach_status status;
	bool known;       /* STATUS holds */
	bool provisioned; /* its own empty mount has been seen */
};

static bool is_below_point(const struct mount_entry *entry)
{
	static const char place[] = "/dev/crashcart";
	size_t length = strlen(place);

	return strncmp(entry->point, place, length) == 0 &&
	       (entry->point[length] == '\0' || entry->point[length] == '/');
}

static enum trace_owner owner_of(const struct mounts *mounts, const struct mount_entry *entry)
{
	dev_t device = makedev(entry->major, entry->minor);

	if (strcmp(entry->source, MNT_SOURCE) == 0 ||
		(mounts->known &&
			(device == mounts->status.masters || attach_is_tools(entry, &mounts->status))) ||
		(mounts->record->moved_device && device == (dev_t)mounts->record->moved_device))
		return TRACE_OURS;
	return is_below_point(entry) ? TRACE_UNKNOWN : TRACE_THEIRS;
}

static bool is_own_mount(struct mounts *mounts, const struct mount_entry *entry)
{
	if (mounts->provisioned || !mounts->known || strcmp(entry->point, "/dev/crashcart") != 0 ||
		!plan_is_provision(entry, mounts->status.masters, mounts->record->id))
		return false;
	return mounts->provisioned = true;
}

static void see_mount(struct mounts *mounts, const struct mount_entry *entry, struct expected *expected,
	struct traces *traces)
{
	enum trace_owner owner = owner_of(mounts, entry);
	bool is_own = is_own_mount(mounts, entry);
	char text[BASELINE_TEXT_SIZE_LIMIT];

	baseline_mount_text(entry, text);
	/* A list that was cut may lack it. */
	if ((expected && take(expected, text)) || (is_own && !traces->compared[TRACE_MOUNT]))
		return;
	/* Where not all were taken down, one more tells nothing. */
	if (owner != TRACE_THEIRS || traces->compared[TRACE_MOUNT])
		traces_add(traces, TRACE_MOUNT, owner, "mounted since: %s", text);
}

static int find_mounts(struct mounts *mounts, const struct target *target, const struct baseline *baseline,
	struct traces *traces, struct err *err)
{
	struct expected expected = {0};
	cleanup_free char *table = NULL;
	struct mount_entry entry;
	char *cursor;
	int rc = target_read_mounts(target->proc, &table, err);

	if (rc == 0 && baseline && expect(baseline->mounts, &expected) < 0)
		rc = err_errno(err, ENOMEM, "compare the mounts");
	if (rc < 0)
		return rc;
	traces->looked[TRACE_MOUNT] = true;
	traces->compared[TRACE_MOUNT] = baseline && baseline->all_mounts;
	for (cursor = table; mountinfo_next(&cursor, &entry);)
		see_mount(mounts, &entry, baseline ? &expected : NULL, traces);
	for (size_t i = 0; i < expected.count; i++)
		if (!expected.found[i])
			traces_add(traces, TRACE_MOUNT, TRACE_THEIRS, "not mounted any more: %s",
				expected.texts[i]);
	expected_free(&expected);
	return 0;
}

/* ---- /dev ---- */

/* By a process of its own: the container's root may be on a file system of its own making, which never answers. */
static int list_entries(void *context, int out)
{
	const struct target *target = context;
	cleanup_fd int root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), dev = FD_NONE;
	cleanup_texts struct baseline_texts texts = {0};
	cleanup_free char *table = NULL;
	struct mnt_identity identity;
	struct mount_entry entry;

	if (root < 0 || target_read_mounts(target->proc, &table, ERR_IGNORED) < 0)
		return EIO;
	dev = path_open_beneath(root, "dev", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (dev < 0)
		return ENOENT;
	if (mnt_identify(dev, NULL, &identity) < 0 || !mountinfo_find(table, identity.mount, &entry) ||
		!baseline_is_in_memory(entry.type))
		return EMEDIUMTYPE;
	baseline_list_entries(dev, &texts);
	if (texts.more && io_write_all(out, "", 1) < 0)
		return EIO;
	return texts.text ? -io_write_all(out, texts.text, texts.length) : 0;
}

static void see_entry(const struct mounts *mounts, const char *text, struct expected *expected, bool all,
	struct traces *traces)
{
	bool is_point = strcmp(text, "crashcart d") == 0;
	enum trace_owner owner = is_point && mounts->record->made ? TRACE_OURS : TRACE_UNKNOWN;

	if (expected ? take(expected, text) : !is_point || mounts->provisioned)
		return;
	if (all || owner == TRACE_OURS)
		traces_add(traces, TRACE_ENTRY, owner, "in /dev since: %s", text);
}

static void compare_entries(const struct mounts *mounts, const char *text, const char *end,
	const struct baseline *baseline, struct traces *traces)
{
	bool more = text < end && !*text, has_list = baseline && baseline->entries;
	struct expected expected = {0};

	if (has_list && expect(baseline->entries, &expected) < 0)
		return;
	traces->looked[TRACE_ENTRY] = true;
	traces->compared[TRACE_ENTRY] = has_list && baseline->all_entries && !more;
	if (more && has_list && baseline->all_entries)
		traces_add(traces, TRACE_ENTRY, TRACE_UNKNOWN, "in /dev since: more than can be compared");
	for (text += more; text < end; text += strlen(text) + 1)
		see_entry(mounts, text, has_list ? &expected : NULL,
			!has_list || traces->compared[TRACE_ENTRY], traces);
	for (size_t i = 0; !more && i < expected.count; i++)
		if (!expected.found[i])
			traces_add(traces, TRACE_ENTRY, TRACE_THEIRS, "not in /dev any more: %s",
				expected.texts[i]);
	expected_free(&expected);
}

static void find_entries(const struct mounts *mounts, const struct target *target,
	const struct baseline *baseline, struct traces *traces)
{
	cleanup_free char *text = NULL;
	struct foreign foreign;
	size_t length = 0;
	int rc;

	if (foreign_start(list_entries, (void *)target, &foreign) < 0)
		return;
	rc = foreign_finish(&foreign, foreign_deadline(), BASELINE_ENTRIES_SIZE_LIMIT + 1, &text, &length);
	if (rc == 0)
		compare_entries(mounts, text, text + length, baseline, traces);
	else if (rc == -ENOENT) /* it has no /dev, so there is nothing of ours in it */
		compare_entries(mounts, "", "", baseline, traces);
}

/* ---- all of it ---- */

/* Returns whether there is one. */
static bool read_baseline(
	const struct store *store, const struct record *record, struct baseline *ret, struct traces *traces)
{
	traces->reason = "it was started without the hook";
	if (!store || record->foreign)
		return false;
	if (baseline_read(store->records, record, ret, ERR_IGNORED) < 0) {
		traces->reason = "the hook was not called at poststart";
		return false;
	}
	traces->has_baseline = true;
	traces->at_start = ret->at_start;
	return true;
}

int traces_find(const struct store *store, const struct record *record, const struct target *target,
	struct traces *ret, struct err *err)
{
	cleanup_baseline struct baseline read = BASELINE_NONE;
	struct mounts mounts = {.record = record};
	struct traces traces = TRACES_NONE;
	const struct baseline *baseline = read_baseline(store, record, &read, &traces) ? &read : NULL;
	int rc;

	mounts.known = store && attach_look(store, record, target, &mounts.status, ERR_IGNORED) == 0;
	rc = find_mounts(&mounts, target, baseline, &traces, err);
	if (rc == 0) {
		find_entries(&mounts, target, baseline, &traces);
		rc = traces_find_processes(store, record, target, &traces, err);
	}
	if (rc == 0)
		traces_find_groups(store, record, target, baseline, &traces);
	if (rc == 0)
		rc = target_check(target, err);
	if (rc < 0)
		traces_free(&traces);
	else
		*ret = traces;
	return rc;
}
