/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recipe_fixture.h"

#include "err.h"
#include "recipe.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

struct recipe *parse(const char *text, struct err *err)
{
	char *exact = tap_exact(text, strlen(text) + 1);
	struct recipe *recipe = NULL;
	int rc;

	*err = (struct err){0};
	rc = recipe_parse(exact, "file", "tool", &recipe, err);
	free(exact);
	if (rc < 0 ? err->number != -rc || recipe : err->number || !recipe)
		abort();
	return recipe;
}
