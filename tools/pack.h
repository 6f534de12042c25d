/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts what a closure lists into a tree, adapted to its place in a container. */
#pragma once

struct build;
struct closure;
struct err;
struct tree;

/* All but the manifest. ERR begins with the name of the file that it is about; -ECANCELED. */
int pack_closure(
	const struct build *build, const struct tree *tree, const struct closure *closure, struct err *err);
