/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook's exit statuses with `strict = yes`; distinct, since a runtime may show nothing else of a hook. */
#pragma once

enum {
	EXIT_USAGE = 1,
	EXIT_STATE = 2, /* the state or the bundle */
	EXIT_CONFIGURATION = 3,
	EXIT_STORE = 4, /* the state directory */
	EXIT_MOUNT = 5, /* the mount could not be placed or proved */
	EXIT_STUCK = 6, /* a stall, or a mistake of ours */
};
