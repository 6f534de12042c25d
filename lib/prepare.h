/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done for a container before its runtime has made it, so that a config.json with our mount in it is right: the
 * master is there. Whether it is to get one, plan_config decides; the text, config_edit makes.
 */
#pragma once

#include <sys/types.h>

struct err;
struct record;

struct prepare_job {
	const char *state_directory;
	const char *id; /* of the container: path_is_id */
	pid_t creator;  /* without this process no runtime will make the container; 0: not known */
	const struct record *record; /* written with the master; null: the prestart hook will write one */
};

/* The path that the master will have: the source of the mount. The caller's (free); null: no memory. */
char *prepare_master(const struct prepare_job *job);

/*
 * Makes the master, and a mark that keeps it until there is a record or the container is not to come any more
 * (lib/pending.h). What an earlier container of this id has left goes first. It is made in the mount namespace of the
 * node (lib/node.h), and seen to be the one that the runtime will find from where the caller is. The caller is back
 * there, in its working directory, afterwards.
 *
 * -EEXIST: a container of this id runs. -ENOLINK: here it is another directory, or one that is not tied to the node's.
 * -ENOTRECOVERABLE: we could not return to the caller's mount namespace. After an error nothing is left of it.
 */
int prepare(const struct prepare_job *job, struct err *err);

/* Takes that back: the container will not be made, or not with our mount. */
int prepare_undo(const struct prepare_job *job, struct err *err);
