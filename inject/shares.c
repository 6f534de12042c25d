/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shares.h"

#include "inject.h"
#include "ns.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static void add(struct shares *shares, const struct known *container, unsigned int namespaces)
{
	struct share *longer = realloc(shares->list, (shares->count + 1) * sizeof(*longer));

	if (!longer)
		return;
	shares->list = longer;
	longer[shares->count++] = (struct share){.container = container, .namespaces = namespaces};
}

void shares_find(
	const struct context *context, const struct target *target, const char *id, struct shares *ret)
{
	cleanup_fd int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	*ret = SHARES_NONE;
	ret->caller = self < 0 ? 0 : ns_common(target->proc, self);
	(void)collect_all(context, &ret->known, ERR_IGNORED);
	for (size_t i = 0; i < ret->known.count; i++) {
		const struct known *each = &ret->known.list[i];
		cleanup_target struct target other = TARGET_NONE;
		unsigned int common;

		if (!each->alive || strcmp(each->record.id, id) == 0 ||
			target_open(each->record.pid, each->record.start_time, &other, ERR_IGNORED) < 0)
			continue;
		common = ns_common(target->proc, other.proc) & ~ret->caller;
		if (common)
			add(ret, each, common);
	}
}

void shares_free(struct shares *shares)
{
	free(shares->list);
	known_free(&shares->known);
	*shares = SHARES_NONE;
}

static void print_line(int width, unsigned int namespaces, const char *with)
{
	char names[64], safe[512];

	ns_names(namespaces, names, sizeof(names));
	printf("%-*s%s with %s\n", width, "shares:", names, util_escape(safe, sizeof(safe), with));
}

void shares_print(const struct shares *shares, int width)
{
	for (size_t i = 0; i < shares->count; i++) {
		const struct known *container = shares->list[i].container;
		char with[300], buffer[16];

		if (container->name)
			snprintf(with, sizeof(with), "%.255s (%.24s)", container->name,
				shown_id(container->record.id, buffer));
		else
			snprintf(with, sizeof(with), "%.255s", shown_id(container->record.id, buffer));
		print_line(width, shares->list[i].namespaces, with);
	}
	if (shares->caller)
		print_line(width, shares->caller, "the caller");
}

static void write_share(struct json_writer *writer, const char *id, const char *name, unsigned int namespaces)
{
	char names[64], *rest = names, *each;

	json_write_object(writer, NULL);
	json_write_string(writer, "id", id);
	json_write_string(writer, "name", name);
	json_write_array(writer, "namespaces");
	ns_names(namespaces, names, sizeof(names));
	while ((each = strsep(&rest, ",")))
		json_write_string(writer, NULL, each);
	json_write_end(writer);
	json_write_end(writer);
}

void shares_write(struct json_writer *writer, const struct shares *shares)
{
	json_write_array(writer, "shares");
	for (size_t i = 0; i < shares->count; i++)
		write_share(writer, shares->list[i].container->record.id, shares->list[i].container->name,
			shares->list[i].namespaces);
	if (shares->caller)
		write_share(writer, NULL, NULL, shares->caller);
	json_write_end(writer);
}
