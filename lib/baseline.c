/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "baseline.h"

#include "err.h"
#include "io.h"
#include "mnt.h"
#include "ns.h"
#include "path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

void baseline_texts_free(struct baseline_texts *texts)
{
	free_keep_errno(&texts->text);
}

/* In JSON, with what is around it: a backslash and a quotation mark are two bytes. */
static size_t weight_of(const char *text)
{
	size_t weight = strlen("\"\",");

	for (; *text; text++)
		weight += *text == '\\' || *text == '"' ? 2 : 1;
	return weight;
}

/* LIMIT: of the weight; texts are never longer than that. */
static void add(struct baseline_texts *texts, const char *text, size_t limit)
{
	size_t weight = weight_of(text), length = strlen(text) + 1;

	if (!texts->text)
		texts->text = malloc(limit);
	if (!texts->text || texts->weight + weight > limit) {
		texts->more = true;
		return;
	}
	memcpy(texts->text + texts->length, text, length);
	texts->length += length;
	texts->weight += weight;
}

void baseline_mount_text(const struct mount_entry *entry, char ret[BASELINE_TEXT_SIZE_LIMIT])
{
	char text[BASELINE_TEXT_SIZE_LIMIT];

	snprintf(text, sizeof(text), "%u:%u %s %s %s", entry->major, entry->minor, entry->root, entry->point,
		entry->type);
	util_escape(ret, BASELINE_TEXT_SIZE_LIMIT, text);
}

bool baseline_find(struct baseline_texts *mounts, char *table, unsigned long long id, struct mount_entry *ret)
{
	struct mount_entry entry;
	bool found = false;

	if (!mounts)
		return mountinfo_find(table, id, ret);
	mounts->length = mounts->weight = 0;
	mounts->more = false;
	while (mountinfo_next(&table, &entry)) {
		char text[BASELINE_TEXT_SIZE_LIMIT];

		baseline_mount_text(&entry, text);
		add(mounts, text, BASELINE_MOUNTS_SIZE_LIMIT);
		if ((unsigned long long)entry.id != id)
			continue;
		*ret = entry;
		found = true;
	}
	return found;
}

static char kind_of(const struct dirent *entry)
{
	static const char kinds[] = {[DT_FIFO] = 'p',
		[DT_CHR] = 'c',
		[DT_DIR] = 'd',
		[DT_BLK] = 'b',
		[DT_REG] = '-',
		[DT_LNK] = 'l',
		[DT_SOCK] = 's'};
	size_t type = entry->d_type;

	return type < sizeof(kinds) && kinds[type] ? kinds[type] : '?';
}

bool baseline_is_in_memory(const char *type)
{
	return strcmp(type, "tmpfs") == 0 || strcmp(type, "devtmpfs") == 0;
}

void baseline_list_entries(int dev, struct baseline_texts *ret)
{
	DIR *stream = io_open_stream(dev, ".");
	struct dirent *entry;

	*ret = (struct baseline_texts){0};
	if (!stream)
		return;
	while (!ret->more && (entry = readdir(stream))) {
		char name[BASELINE_TEXT_SIZE_LIMIT], text[BASELINE_TEXT_SIZE_LIMIT + 4];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		util_escape(name, sizeof(name), entry->d_name);
		snprintf(text, sizeof(text), "%s %c", name, kind_of(entry));
		add(ret, text, BASELINE_ENTRIES_SIZE_LIMIT);
	}
	closedir(stream);
}

void baseline_groups(int proc, char ret[BASELINE_GROUPS_SIZE_LIMIT])
{
	cleanup_free char *text = NULL;

	*ret = '\0';
	if (io_read_file(proc, "cgroup", BASELINE_GROUPS_SIZE_LIMIT - 1, &text, NULL, ERR_IGNORED) < 0)
		return;
	for (char *byte = text; *byte; byte++)
		if (*byte == '\n')
			*byte = byte[1] ? ' ' : '\0';
	util_escape(ret, BASELINE_GROUPS_SIZE_LIMIT, text);
}

static uint64_t groups_namespace(void)
{
	return ns_number(AT_FDCWD, "/proc/self/ns/cgroup");
}

static void write_texts(struct json_writer *writer, const char *key, const struct baseline_texts *texts)
{
	const char *text = texts->text;

	if (!text)
		return;
	json_write_array(writer, key);
	for (; text < texts->text + texts->length; text += strlen(text) + 1)
		json_write_string(writer, NULL, text);
	json_write_end(writer);
}

static void file_name(char ret[256], const char *id)
{
	snprintf(ret, 256, "%s.baseline", id);
}

bool baseline_is_written(int dirfd, const char *id)
{
	char name[256];

	file_name(name, id);
	return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int baseline_write(int dirfd, const struct record *record, const struct target *target,
	const struct baseline_texts *mounts, const struct baseline_texts *entries, bool at_start,
	struct err *err)
{
	struct json_writer *writer;
	cleanup_free char *text = NULL;
	char name[256], groups[BASELINE_GROUPS_SIZE_LIMIT];
	size_t length;

	if (baseline_is_written(dirfd, record->id))
		return 0;
	file_name(name, record->id);
	baseline_groups(target->proc, groups);
	writer = json_writer_new(false);
	json_write_object(writer, NULL);
	json_write_number(writer, "start-time", (int64_t)target->start_time);
	json_write_bool(writer, "at-start", at_start);
	json_write_string(writer, "groups", groups);
	json_write_number(writer, "groups-namespace", (int64_t)groups_namespace());
	json_write_bool(writer, "all-mounts", !mounts->more);
	write_texts(writer, "mounts", mounts);
	json_write_bool(writer, "all-entries", !entries->more);
	write_texts(writer, "entries", entries);
	json_write_end(writer);
	if (json_writer_finish(writer, &text, &length, err) < 0)
		return -err->number;
	return io_write_file(dirfd, name, 0600, text, length, err);
}

void baseline_take_late(int dirfd, const struct record *record, const struct target *target)
{
	cleanup_fd int root = FD_NONE, dev = FD_NONE;
	cleanup_texts struct baseline_texts mounts = {0}, entries = {0};
	cleanup_free char *table = NULL;
	struct mnt_identity identity;
	struct mount_entry entry;

	if (baseline_is_written(dirfd, record->id))
		return;
	root = openat(target->proc, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || target_read_mounts(target->proc, &table, ERR_IGNORED) < 0)
		return;
	dev = path_open_beneath(root, "dev", O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (dev < 0 || mnt_identify(dev, NULL, &identity) < 0)
		return;
	if (baseline_find(&mounts, table, identity.mount, &entry) && baseline_is_in_memory(entry.type))
		baseline_list_entries(dev, &entries);
	(void)baseline_write(dirfd, record, target, &mounts, &entries, false, ERR_IGNORED);
}

static bool are_texts(const struct json *list)
{
	if (!json_is_array(list))
		return false;
	for (const struct json *text = json_first(list); text; text = json_next(text))
		if (!json_string(text))
			return false;
	return true;
}

int baseline_parse(const char *text, size_t length, uint64_t namespace, struct baseline *ret, struct err *err)
{
	struct baseline baseline = BASELINE_NONE;
	uint64_t theirs = 0;
	int rc = json_parse(text, length, &baseline.document, err);

	if (rc < 0)
		return rc;
	baseline.mounts = json_get(baseline.document, "mounts");
	baseline.entries = json_get(baseline.document, "entries");
	if (!json_unsigned(json_get(baseline.document, "start-time"), &baseline.start_time) ||
		!are_texts(baseline.mounts) || (baseline.entries && !are_texts(baseline.entries))) {
		baseline_release(&baseline);
		return err_set(err, EINVAL, "not a baseline");
	}
	baseline.at_start = json_true(json_get(baseline.document, "at-start"));
	baseline.all_mounts = json_true(json_get(baseline.document, "all-mounts"));
	baseline.all_entries = json_true(json_get(baseline.document, "all-entries"));
	if (json_unsigned(json_get(baseline.document, "groups-namespace"), &theirs) && theirs == namespace)
		baseline.groups = json_string(json_get(baseline.document, "groups"));
	if (baseline.groups && !*baseline.groups)
		baseline.groups = NULL;
	*ret = baseline;
	return 0;
}

int baseline_read(int dirfd, const struct record *record, struct baseline *ret, struct err *err)
{
	struct baseline baseline = BASELINE_NONE;
	cleanup_free char *text = NULL;
	char name[256];
	size_t length;
	int rc;

	file_name(name, record->id);
	rc = io_read_file(dirfd, name, BASELINE_SIZE_LIMIT, &text, &length, err);
	if (rc == 0)
		rc = baseline_parse(text, length, groups_namespace(), &baseline, err);
	if (rc < 0)
		return rc;
	if (baseline.start_time != record->start_time) {
		baseline_release(&baseline);
		return err_set(err, ENOENT, "it is of an earlier start");
	}
	*ret = baseline;
	return 0;
}

void baseline_release(struct baseline *baseline)
{
	json_free(baseline->document);
	*baseline = BASELINE_NONE;
}

int baseline_remove(int dirfd, const char *id, struct err *err)
{
	char name[256], temporary[258];

	file_name(name, id);
	snprintf(temporary, sizeof(temporary), ".%s", name);
	unlinkat(dirfd, temporary, 0);
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return err_errno(err, errno, "remove the baseline of %s", id);
	return 0;
}
