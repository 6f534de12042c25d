/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

struct err;
struct recipe;

/* The recipe "tool" of the file "file"; null: ERR tells. An error has to say so in both ways, and to leave the output alone. */
struct recipe *parse(const char *text, struct err *err);
