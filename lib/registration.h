/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of a hooks directory (oci-hooks(5), version 1.0.0), as podman and CRI-O read it: one that they do not like keeps
 * them from starting any container. Pure.
 */
#pragma once

#include "bounds.h"

#include "json.h"

struct registration {
	struct json *document;
	const char *path;    /* of the hook; the document's */
	unsigned int stages; /* bits of enum registration_stage */
	bool is_ours;        /* the hook is oci-crashcart-hook */
	bool has_timeout;
};

enum registration_stage {
	REGISTRATION_PRESTART = 1,
	REGISTRATION_CREATE_RUNTIME = 2,
	REGISTRATION_CREATE_CONTAINER = 4,
	REGISTRATION_START_CONTAINER = 8,
	REGISTRATION_POSTSTART = 16,
	REGISTRATION_POSTSTOP = 32,
	REGISTRATION_PRECREATE = 64, /* podman's alone */
};

#define REGISTRATION_NONE ((struct registration){0})

/*
 * -EINVAL: what an engine does not take, with the reason; HAS_PRECREATE: whether this one knows the stage precreate.
 * *RET is released by registration_release.
 */
int registration_parse(
	const char *text, size_t length, bool has_precreate, struct registration *ret, struct err *err);
void registration_release(struct registration *registration);
#define cleanup_registration __attribute__((cleanup(registration_release)))

/* The stage at bit 1 << NUMBER; null: there are no more. */
const char *registration_stage_name(unsigned int number);
