/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config_edit.h"

#include "config_look.h"
#include "err.h"
#include "json.h"
#include "splice.h"
#include "util.h"

#include <string.h>

struct edit {
	const struct config_additions *additions;
	struct splices splices;
	bool is_taken; /* something that is not ours is mounted at our place, or beneath it */
};

/* One more element or member, TEXT, behind the last of LIST, an array or an object. */
static int append(struct edit *edit, const struct json *list, const char *text, struct err *err)
{
	const struct json *last = NULL;
	size_t start, end;
	const char *comma;

	for (const struct json *member = json_first(list); member; member = json_next(member))
		last = member;
	json_span(last ? last : list, &start, &end);
	if (!last)
		end = start + 1;
	comma = last || splice_is_at(&edit->splices, end) ? "," : "";
	return splice_add(&edit->splices, end, end, util_printf("%s%s", comma, text), err);
}

/* Makes TEXT the value of KEY in OBJECT. OLD: what is there now; null: nothing. */
static int set_member(struct edit *edit, const struct json *object, const char *key, const struct json *old,
	const char *text, struct err *err)
{
	cleanup_free char *member = NULL;
	size_t start, end;

	if (old) {
		json_span(old, &start, &end);
		return splice_add(&edit->splices, start, end, strdup(text), err);
	}
	member = util_printf("\"%s\":%s", key, text);
	return member ? append(edit, object, member, err) : err_errno(err, ENOMEM, "edit config.json");
}

/* One more element, TEXT, in the array KEY of OBJECT; LIST: that array, absent or not. */
static int add_element(struct edit *edit, const struct json *object, const char *key, const struct json *list,
	const char *text, struct err *err)
{
	cleanup_free char *array = NULL;

	if (!config_is_absent(list))
		return append(edit, list, text, err);
	array = util_printf("[%s]", text);
	return array ? set_member(edit, object, key, list, array, err)
		     : err_errno(err, ENOMEM, "edit config.json");
}

/* Finds the member KEY of OBJECT, an array of objects or absent. */
static int find_list(const struct json *object, const char *key, const struct json **ret, struct err *err)
{
	int rc = config_member(object, key, ret, err);

	if (rc < 0 || config_is_absent(*ret))
		return rc;
	if (!json_is_array(*ret))
		return err_set(err, EINVAL, "config.json: %s is not an array", key);
	for (const struct json *entry = json_first(*ret); entry; entry = json_next(entry))
		if (!json_is_object(entry))
			return err_set(err, EINVAL, "config.json: %s holds what is not an object", key);
	return 0;
}

/* The writer ends a text with a newline. */
static int finish(struct json_writer *writer, char **ret, struct err *err)
{
	size_t length;
	int rc = json_writer_finish(writer, ret, &length, err);

	if (rc == 0)
		(*ret)[length - 1] = '\0';
	return rc;
}

/* As is: "bind" alone, since nothing is mounted beneath the master, and "rslave" for the tie to the host. */
static int mount_text(const char *master, char **ret, struct err *err)
{
	static const char *const options[] = {"bind", "ro", "nosuid", "nodev", "noexec", "rslave"};
	struct json_writer *writer = json_writer_new(false);

	json_write_object(writer, NULL);
	json_write_string(writer, "destination", CONFIG_MOUNT_POINT);
	json_write_string(writer, "type", "bind");
	json_write_string(writer, "source", master);
	json_write_array(writer, "options");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		json_write_string(writer, NULL, options[i]);
	json_write_end(writer);
	json_write_end(writer);
	return finish(writer, ret, err);
}

/* The bundle was another container's: SOURCE is the master of that. */
static int replace_source(struct edit *edit, const struct json *source, struct err *err)
{
	struct json_writer *writer = json_writer_new(false);
	size_t start, end;
	char *text = NULL;
	int rc;

	json_write_string(writer, NULL, edit->additions->master);
	rc = finish(writer, &text, err);
	if (rc < 0)
		return rc;
	json_span(source, &start, &end);
	return splice_add(&edit->splices, start, end, text, err);
}

/* 1: it is ours, with this master. */
static int look_at_mount(struct edit *edit, const struct json *mount, struct err *err)
{
	const struct json *source;
	char destination[PATH_MAX];
	int rc = config_destination(mount, destination, err);

	if (rc < 0 || !config_is_beneath(destination, CONFIG_MOUNT_POINT))
		return rc;
	rc = config_member(mount, "source", &source, err);
	if (rc < 0)
		return rc;
	if (strcmp(destination, CONFIG_MOUNT_POINT) == 0 && json_string(source) &&
		strcmp(json_string(source), edit->additions->master) == 0)
		return 1;
	if (strcmp(destination, CONFIG_MOUNT_POINT) == 0 && json_string(source) &&
		config_is_other_master(json_string(source), edit->additions->master)) {
		rc = replace_source(edit, source, err);
		return rc < 0 ? rc : 1;
	}
	edit->is_taken = true;
	return 0;
}

static int edit_mounts(struct edit *edit, const struct json *config, struct err *err)
{
	cleanup_free char *text = NULL;
	const struct json *mounts;
	int rc = find_list(config, "mounts", &mounts, err), ours = 0;

	if (rc < 0)
		return rc;
	for (const struct json *mount = json_first(mounts); mount; mount = json_next(mount)) {
		rc = look_at_mount(edit, mount, err);
		if (rc < 0)
			return rc;
		ours += rc;
	}
	if (ours || edit->is_taken)
		return 0;
	rc = mount_text(edit->additions->master, &text, err);
	return rc < 0 ? rc : add_element(edit, config, "mounts", mounts, text, err);
}

/* With what a mount loses its master: nothing said (crun) or "rprivate" (crun, runc). All else stays as it was wanted. */
static bool is_severing(const struct json *propagation)
{
	const char *text = json_string(propagation);

	return config_is_absent(propagation) || (text && (!*text || strcmp(text, "rprivate") == 0));
}

static int edit_propagation(struct edit *edit, const struct json *config, struct err *err)
{
	const struct json *linux_part, *propagation;
	int rc = config_member(config, "linux", &linux_part, err);

	if (rc < 0)
		return rc;
	if (config_is_absent(linux_part))
		return set_member(
			edit, config, "linux", linux_part, "{\"rootfsPropagation\":\"rslave\"}", err);
	rc = config_member(linux_part, "rootfsPropagation", &propagation, err);
	if (rc < 0)
		return rc;
	if (!config_is_absent(propagation) && !json_string(propagation))
		return err_set(err, EINVAL, "config.json: linux.rootfsPropagation is not a text");
	if (!is_severing(propagation))
		return 0;
	return set_member(edit, linux_part, "rootfsPropagation", propagation, "\"rslave\"", err);
}

static int hook_text(const struct config_additions *additions, char **ret, struct err *err)
{
	const char *slash = strrchr(additions->hook, '/');
	struct json_writer *writer = json_writer_new(false);

	json_write_object(writer, NULL);
	json_write_string(writer, "path", additions->hook);
	json_write_array(writer, "args");
	json_write_string(writer, NULL, slash ? slash + 1 : additions->hook);
	json_write_end(writer);
	json_write_array(writer, "env");
	json_write_string(writer, NULL, "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	for (const char *const *entry = additions->environment; entry && *entry; entry++)
		json_write_string(writer, NULL, *entry);
	json_write_end(writer);
	json_write_end(writer);
	return finish(writer, ret, err);
}

static int add_hook(struct edit *edit, const struct json *config, const struct json *hooks,
	const struct json *poststop, struct err *err)
{
	cleanup_free char *text = NULL, *stage = NULL;
	int rc = hook_text(edit->additions, &text, err);

	if (rc < 0)
		return rc;
	if (!config_is_absent(hooks))
		return add_element(edit, hooks, "poststop", poststop, text, err);
	stage = util_printf("{\"poststop\":[%s]}", text);
	return stage ? set_member(edit, config, "hooks", hooks, stage, err)
		     : err_errno(err, ENOMEM, "edit config.json");
}

static int edit_hooks(struct edit *edit, const struct json *config, struct err *err)
{
	const struct json *hooks, *poststop = NULL, *path;
	int rc = config_member(config, "hooks", &hooks, err);

	if (rc == 0 && !config_is_absent(hooks))
		rc = find_list(hooks, "poststop", &poststop, err);
	for (const struct json *hook = json_first(poststop); rc == 0 && hook; hook = json_next(hook)) {
		rc = config_member(hook, "path", &path, err);
		if (rc == 0 && json_string(path) && strcmp(json_string(path), edit->additions->hook) == 0)
			return 0;
	}
	return rc < 0 ? rc : add_hook(edit, config, hooks, poststop, err);
}

static int edit_all(struct edit *edit, const struct json *config, struct err *err)
{
	int rc = edit_mounts(edit, config, err);

	if (rc == 0)
		rc = edit_propagation(edit, config, err);
	if (rc == 0 && edit->additions->hook)
		rc = edit_hooks(edit, config, err);
	return rc;
}

int config_edit_parsed(const struct json *config, const char *text, size_t length,
	const struct config_additions *additions, char **ret, size_t *ret_length, struct err *err)
{
	struct edit edit = {.additions = additions};
	char *edited = NULL;
	int rc;

	if (!json_can_hold(additions->master) || (additions->hook && !json_can_hold(additions->hook)))
		return err_set(err, EINVAL, "config.json cannot hold a path that is not UTF-8");
	if (!json_is_object(config))
		return err_set(err, EINVAL, "config.json: not an object");
	rc = edit_all(&edit, config, err);
	if (rc == 0 && edit.splices.count && !edit.is_taken)
		rc = splice_join(&edit.splices, text, length, &edited, ret_length, err);
	splice_release(&edit.splices);
	if (rc == 0)
		*ret = edited;
	return rc;
}

int config_edit(const char *text, size_t length, const struct config_additions *additions, char **ret,
	size_t *ret_length, struct err *err)
{
	cleanup_json struct json *config = NULL;

	if (json_parse(text, length, &config, err) < 0)
		return err_prefix(err, "config.json");
	return config_edit_parsed(config, text, length, additions, ret, ret_length, err);
}
