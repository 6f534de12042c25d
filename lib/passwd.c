/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "passwd.h"

#include "err.h"
#include "util.h"

#include <stdio.h>
#include <string.h>

/* A piece of the text; no NUL is behind it. */
struct part {
	const char *start;
	size_t length;
};

/* What is being read: the lines that are left. */
struct lines {
	const char *rest, *end;
};

/* 1: a line, without its newline; 0: no more; -E2BIG. One with a NUL in it comes as an empty one. */
static int next_line(struct lines *lines, struct part *ret, struct err *err)
{
	size_t left = (size_t)(lines->end - lines->rest);
	const char *newline;

	if (!left)
		return 0;
	newline = memchr(lines->rest, '\n', left);
	*ret = (struct part){lines->rest, newline ? (size_t)(newline - lines->rest) : left};
	lines->rest = newline ? newline + 1 : lines->end;
	if (ret->length > PASSWD_LINE_LIMIT)
		return err_set(err, E2BIG, "a line is longer than %d bytes", PASSWD_LINE_LIMIT);
	if (memchr(ret->start, '\0', ret->length))
		ret->length = 0;
	return 1;
}

/* Splits LINE at SEPARATOR; the last of the COUNT parts takes the rest. Returns how many parts there were. */
static size_t split(struct part line, char separator, struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *place = i + 1 < count ? memchr(line.start, separator, line.length) : NULL;

		if (!place) {
			parts[i] = line;
			return i + 1;
		}
		parts[i] = (struct part){line.start, (size_t)(place - line.start)};
		line.length -= parts[i].length + 1;
		line.start = place + 1;
	}
	return count;
}

static bool is_word(struct part part, const char *word)
{
	return strlen(word) == part.length && memcmp(part.start, word, part.length) == 0;
}

/* False: it does not fit. */
static bool copy(struct part part, char *text, size_t size)
{
	if (part.length >= size)
		return false;
	memcpy(text, part.start, part.length);
	text[part.length] = '\0';
	return true;
}

bool passwd_number(const char *text, uid_t *ret)
{
	uint64_t number;

	if (!util_number(text, 0, UINT32_MAX - 1, &number)) /* (uid_t)-1 means: leave it as it is */
		return false;
	*ret = (uid_t)number;
	return true;
}

static bool part_number(struct part part, uid_t *ret)
{
	char digits[16];

	return copy(part, digits, sizeof(digits)) && passwd_number(digits, ret);
}

/* name:password:uid:gid:gecos:home:shell; the last two may be missing. */
static bool parse_user(struct part line, struct passwd_user *ret)
{
	struct part parts[7];
	size_t count = split(line, ':', parts, ARRAY_SIZE(parts));

	if (count < 4 || parts[0].length == 0 || !copy(parts[0], ret->name, sizeof(ret->name)) ||
		!part_number(parts[2], &ret->uid) || !part_number(parts[3], &ret->gid))
		return false;
	if (count < 6 || parts[5].length == 0 || parts[5].start[0] != '/' ||
		!copy(parts[5], ret->home, sizeof(ret->home)))
		strcpy(ret->home, "/");
	return true;
}

int passwd_find_user(const char *text, size_t length, const char *name, uid_t uid, struct passwd_user *ret,
	struct err *err)
{
	struct lines lines = {text, text + length};
	struct passwd_user user;
	struct part line;
	int rc;

	while ((rc = next_line(&lines, &line, err)) > 0) {
		if (!parse_user(line, &user) || (name ? strcmp(user.name, name) != 0 : user.uid != uid))
			continue;
		*ret = user;
		return 1;
	}
	return rc;
}

/* name:password:gid:member,member */
static bool parse_group(struct part line, struct part *ret_name, gid_t *ret_gid, struct part *ret_members)
{
	struct part parts[4];
	size_t count = split(line, ':', parts, ARRAY_SIZE(parts));

	if (count < 3 || parts[0].length == 0 || !part_number(parts[2], ret_gid))
		return false;
	*ret_name = parts[0];
	*ret_members = count == 4 ? parts[3] : (struct part){line.start, 0};
	return true;
}

int passwd_find_group(const char *text, size_t length, const char *name, gid_t *ret, struct err *err)
{
	struct lines lines = {text, text + length};
	struct part line, found, members;
	gid_t gid;
	int rc;

	while ((rc = next_line(&lines, &line, err)) > 0) {
		if (!parse_group(line, &found, &gid, &members) || !is_word(found, name))
			continue;
		*ret = gid;
		return 1;
	}
	return rc;
}

static bool has_member(struct part members, const char *name)
{
	struct part parts[2] = {{0}, members};

	while (members.length) {
		size_t count = split(members, ',', parts, 2);

		if (is_word(parts[0], name))
			return true;
		if (count < 2)
			return false;
		members = parts[1];
	}
	return false;
}

bool passwd_add_group(struct passwd_groups *groups, gid_t gid)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->list[i] == gid)
			return true;
	if (groups->count == PASSWD_GROUPS_LIMIT)
		return false;
	groups->list[groups->count++] = gid;
	return true;
}

int passwd_find_groups(
	const char *text, size_t length, const char *name, struct passwd_groups *groups, struct err *err)
{
	struct lines lines = {text, text + length};
	struct part line, found, members;
	gid_t gid;
	int rc;

	while ((rc = next_line(&lines, &line, err)) > 0)
		if (parse_group(line, &found, &gid, &members) && has_member(members, name) &&
			!passwd_add_group(groups, gid))
			return err_set(err, E2BIG, "the user is in more than %d groups", PASSWD_GROUPS_LIMIT);
	return rc;
}
