/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of dbg-tools, each a file verb_NAME.c with one function, and a row of the table in main.c. */
#pragma once

struct options;

/* Each does what its name says, prints what it found or what went wrong, and returns the exit status. */
int verb_build(const struct options *options);
int verb_diff(const struct options *options); /* as diff(1): 0, 1 and 2 */
int verb_image(const struct options *options);
int verb_list(const struct options *options);
int verb_pack(const struct options *options);
int verb_verify(const struct options *options);
