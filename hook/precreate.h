/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* podman's stage precreate: a config.json comes on standard input, and goes, with our mount in it, to standard output. */
#pragma once

/*
 * Whatever goes wrong, what came in goes out as it is, unless the configuration says `strict = yes`. CONFIGURATION: as
 * policy_load's override. Returns the exit status.
 */
int precreate(const char *state_directory, const char *configuration);
