/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command in a container. Three processes: the caller stays outside; one joins the namespaces, becomes the
 * container's root, drops what it has and closes what is the host's; and only then makes the third, in the
 * pid namespace, as a child of the caller, which does nothing but exec. So the container never sees a process
 * that holds more than the command will (CVE-2016-9962).
 */
#pragma once

#include "bounds.h"

#include "become.h"
#include "lsm.h"
#include "mnt.h"
#include "target.h"

#include <stdbool.h>
#include <stdint.h>

/* Descriptors are borrowed; those of the container's file systems are O_PATH and opened through TARGET. */
struct enter {
	const struct target *target;
	unsigned int namespaces; /* CLONE_NEW*, as of ns_differing */
	bool stays; /* the mount namespace is not entered: files, root and working directory are the caller's, TOOLS are none */
	int root;            /* the container's root directory */
	int directory;       /* the working directory; where it is not below the root, the root is taken */
	const char *workdir; /* a path inside in place of DIRECTORY, which has to be there; null: none */
	struct mnt_identity tools; /* what has to be at /dev/crashcart once we are inside */
	struct identity identity;
	const struct lsm *lsm; /* labels that the command gets by its exec; null: ours */
	/*
	 * Give the command a copy of the mount namespace that nothing comes into: for a container that may mount, and so
	 * could cover the tools between their check and the exec, or the loading of a library (GAUNTLET G12).
	 */
	bool copy_mounts;
	/* The copy is a slave: what is mounted in the container later comes in, but not over the tools. */
	bool follow;
	int cover; /* a detached mount that comes over /dev/crashcart in the copy alone: TOOLS are its. FD_NONE: none */
	bool own_dev; /* the container has no mount at /dev/crashcart: the cover lies in a /dev of the copy's own */
	uint64_t mark; /* see mark.h */
	int stdio[3];
	bool terminal; /* STDIO[0] is one, and of no session yet: it becomes the command's controlling terminal */
	int interrupt;    /* readable: give up (a signalfd); FD_NONE: there is none */
	const char *path; /* of the command inside: absolute; or a name, looked for in ENVIRONMENT's PATH */
	char *const *arguments;
	char *const *environment;
};

/* A command that is on its way in, ready to run, or runs. It is killed when the calling thread ends (PR_SET_PDEATHSIG). */
struct entered {
	pid_t pid; /* a child of ours, and the leader of a session and process group of its own; 0: there is none yet */
	int pidfd;
	int report; /* to the child; closed by its exec */
	int interrupt;
	pid_t joiner;  /* a child of ours, which ends by itself; 0: it has been waited for */
	int note;      /* an eventfd: the number of the process that it has made, once it has */
	bool filtered; /* by a seccomp filter, which may be why something fails */
	int64_t deadline; /* for the command to have begun, milliseconds of CLOCK_MONOTONIC; 0: it has, or was not let go */
	bool late; /* it had not, and was killed */
};

#define ENTERED_NONE                                                                                         \
	((struct entered){.pidfd = FD_NONE, .report = FD_NONE, .interrupt = FD_NONE, .note = FD_NONE})

enum enter_failure {
	ENTER_FAILED,    /* the command was never tried */
	ENTER_NOT_FOUND, /* exec: there is none of this name */
	ENTER_NOT_RUN,   /* exec: it is there, and cannot be run */
};

/*
 * Sends a process on its way in, up to the point where the command's exec is all that is left; there it is held. Needs root
 * in the initial user namespace, kernel 5.9. What ENTER names is not needed any more when this returns. *RET is the caller's
 * to close, after an error as well.
 */
int enter_start(const struct enter *enter, struct entered *ret, struct err *err);

/* Waits until it is there: PID and PIDFD are known then, and PID is the caller's to wait for. After an error there is none. */
int enter_await(struct entered *entered, struct err *err);

/* Lets it go, and does not wait until the command runs. */
int enter_run(struct entered *entered, struct err *err);

/*
 * How long the command may take to begin, milliseconds; -1: it runs, or need not be waited for. When that time is over, the
 * process is killed: something in the container stops it. To be asked before each wait for something else.
 */
int enter_patience(struct entered *entered);

/* After its end, which was not waited for yet: did the command ever run? Otherwise *RET_FAILURE says how it failed. */
int enter_result(struct entered *entered, enum enter_failure *ret_failure, struct err *err);

/* Closes the descriptors, and reaps the joiner. A process that was not let go ends by itself. */
void enter_close(struct entered *entered);
#define cleanup_entered __attribute__((cleanup(enter_close)))
