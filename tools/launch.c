/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "launch.h"

#include "err.h"
#include "launch/area.h"
#include "util.h"

#include <stdint.h>
#include <string.h>

/* The path is below the directory that the compiler runs in, the top of the build. */
__asm__(".pushsection .rodata\n"
	"launcher_start: .incbin \"tools/launch/launcher\"\n"
	"launcher_end: .byte 0\n"
	".popsection\n");

extern const char launcher_start[], launcher_end[];

/* Appends TEXT with its NUL. False: no room. */
static bool put(struct launch_area *area, size_t *used, const char *text)
{
	size_t size = strlen(text) + 1;

	if (size > sizeof(area->text) - *used)
		return false;
	memcpy(area->text + *used, text, size);
	*used += size;
	return true;
}

static bool put_list(struct launch_area *area, size_t *used, const struct names *list, uint32_t *ret_count)
{
	size_t count = list ? list->count : 0;

	for (size_t i = 0; i < count; i++)
		if (!put(area, used, list->item[i]))
			return false;
	*ret_count = (uint32_t)count;
	return true;
}

static int check(const char *program, const struct names *environment, struct err *err)
{
	if (program[0] != '/')
		return err_set(err, EINVAL, "%s is no path that a launcher can run", program);
	for (size_t i = 0; environment && i < environment->count; i++) {
		const char *equals = strchr(environment->item[i], '=');

		if (!equals || equals == environment->item[i])
			return err_set(err, EINVAL, "%s is not NAME=VALUE", environment->item[i]);
	}
	return 0;
}

int launch_make(const char *program, const char *argv0, const struct names *arguments,
	const struct names *environment, char **ret, size_t *ret_length, struct err *err)
{
	struct launch_area area = {.marker = LAUNCH_MARKER};
	size_t length = (size_t)((uintptr_t)launcher_end - (uintptr_t)launcher_start), used = 0;
	const char *place = memmem(launcher_start, length, area.marker, sizeof(area.marker));
	char *copy;
	int rc = check(program, environment, err);

	if (rc < 0)
		return rc;
	if (!place || (size_t)(launcher_end - place) < sizeof(area))
		return err_set(err, ENOTSUP, "there is no launcher for this processor");
	if (!put(&area, &used, program) || !put(&area, &used, argv0 ? argv0 : program) ||
		!put_list(&area, &used, arguments, &area.argument_count) ||
		!put_list(&area, &used, environment, &area.environment_count))
		return err_set(err, E2BIG, "arguments and environment of a launcher: more than %zu bytes",
			sizeof(area.text));
	copy = malloc(length);
	if (!copy)
		return err_errno(err, ENOMEM, "make a launcher");
	memcpy(copy, launcher_start, length);
	memcpy(copy + (place - launcher_start), &area, sizeof(area));
	*ret = copy;
	*ret_length = length;
	return 0;
}
