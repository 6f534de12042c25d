/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much is taken, how deep, how many, how long: all bounds that parsers and loops keep, whatever they are given. In
 * SECURITY.md they are a table, which contrib/bounds makes of this file: a line each, NAME = VALUE, and what it is for.
 * Of names, _SIZE_LIMIT is in bytes, _SECONDS and _MILLISECONDS are times, all others are numbers of things.
 */
#pragma once

/* What engines, runtimes and podman hand over. */
enum {
	STATE_SIZE_LIMIT = 4 << 20,          /* the state on the hook's standard input */
	CONFIG_SIZE_LIMIT = 16 << 20,        /* config.json, of a bundle, or of podman's precreate */
	SPLICES_LIMIT = 4,                   /* places of it that are changed */
	STATE_NAME_LIMIT = 1024,             /* bytes of a name that an annotation gives */
	SECCOMP_ARCHITECTURES_LIMIT = 64,    /* architectures in its seccomp filter */
	SECCOMP_RULES_LIMIT = 2048,          /* rules in that */
	SECCOMP_NAMES_LIMIT = 8192,          /* names in all of them; Linux has fewer than 500 system calls */
	SECCOMP_CONDITIONS_LIMIT = 16,       /* conditions of one rule */
	RUNTIME_STATE_SIZE_LIMIT = 16 << 20, /* the file in which crun or runc keep one container */
	JSON_DEPTH_LIMIT = 64,               /* levels of JSON, of whatever file */
	JSON_VALUE_LIMIT = 1 << 20,          /* values in one text of JSON */
	NAMES_SIZE_LIMIT = 64 << 20,         /* a file in which an engine has its containers' names */
	DOCKER_CONFIG_SIZE_LIMIT = 16 << 20, /* docker's file of one container */
	DOCKER_REMAPPED_LIMIT = 64,          /* directories of docker's with a user mapping of their own */
	ENGINE_SETTINGS_SIZE_LIMIT = 1 << 20,  /* a configuration file of an engine's */
	ENGINE_SETTINGS_WORD_LIMIT = 4096,     /* bytes of one value in it */
	ENGINE_CONF_SIZE_LIMIT = 1 << 20,      /* one that says where an engine keeps its files */
	ENGINE_PLACES_LIMIT = 64,              /* places that such files name */
	ENGINE_DROP_IN_LIMIT = 64,             /* files in a directory of such files */
	ENGINE_STATUS_SIZE_LIMIT = 64 << 10,   /* /proc/PID/status of what may be an engine */
	REGISTRATION_SIZE_LIMIT = 1 << 20,     /* a hooks.d file that --doctor reads */
	MACHINE_FILE_SIZE_LIMIT = 64 << 10,    /* a file that names a machine of LXC or systemd-nspawn */
	MACHINE_DEPTH_LIMIT = 8,               /* control groups below one of a machine's */
	MACHINE_LOOK_LIMIT = 8192,             /* control groups and processes of one machine */
	MACHINE_PROCESSES_SIZE_LIMIT = 1 << 20 /* cgroup.procs of one control group */
};

/* What a container has in its hands. */
enum {
	FOREIGN_SECONDS = 5,              /* for a file or a directory of a container's to be read */
	PASSWD_SIZE_LIMIT = 1 << 20,      /* its passwd, and its group */
	PASSWD_LINE_LIMIT = 64 << 10,     /* bytes of one line of these */
	PASSWD_GROUPS_LIMIT = 1024,       /* supplementary groups of one user */
	ENVIRONMENT_SIZE_LIMIT = 1 << 20, /* environment of its first process */
	ENVIRONMENT_COUNT_LIMIT = 4096,   /* variables in it */
	ENTER_SECONDS = 10, /* for the process that enters to come to its exec: a container can stop it */
	SEVERED_COPIES_LIMIT = 64,     /* copies of the tools that it cut off, that --detach takes away */
	MASTERS_SIZE_LIMIT = 64 << 10, /* of the tmpfs of all masters, which it may be able to write to */
	MASTERS_INODE_LIMIT = 16384,   /* files in that */
	MASTER_MOUNTS_LIMIT = 64,      /* mounts on one master that are taken away at its removal */
	USERS_OUTSIDE_SECONDS =
		3, /* for a dbg-inject to put its own things away, when its command was killed */
	USERS_MOUNTS_LIMIT = 64,                /* copies of the tools whose users are looked for */
	BASELINE_SIZE_LIMIT = 64 << 10,         /* what is kept of it for --verify */
	BASELINE_MOUNTS_SIZE_LIMIT = 36 << 10,  /* mounts in that */
	BASELINE_ENTRIES_SIZE_LIMIT = 10 << 10, /* names in /dev in that */
	BASELINE_TEXT_SIZE_LIMIT = 1024,        /* one of these */
	BASELINE_GROUPS_SIZE_LIMIT = 4 << 10,   /* its control groups in that */
	TRACES_LIMIT = 1000                     /* differences that --verify tells; it counts all */
};

/* What the kernel tells, of which a container has its part. */
enum {
	MOUNTINFO_SIZE_LIMIT = 256 << 20, /* a mount table, some 300 bytes a mount */
	PROC_STAT_SIZE_LIMIT = 4096,      /* /proc/PID/stat */
	PROC_STATUS_SIZE_LIMIT = 16384,   /* /proc/PID/status */
	CGROUP_SIZE_LIMIT = 256 << 10,    /* /proc/PID/cgroup */
	CGROUP_LIMIT = 32,                /* hierarchies in it */
	CGROUP_SESSION_LIMIT = 2,         /* hierarchies in which a session has a group of its own */
	STANDING_ATTACHED_LIMIT = 256,    /* mounts on masters that a list asks for at once */
	LSM_LABEL_LIMIT = 4096            /* bytes of a label of AppArmor or SELinux */
};

/* Files of our own, and of the node's administrator. */
enum {
	RECORD_SIZE_LIMIT = 64 << 10,   /* the record of one container */
	COLLECT_LOOKS_LIMIT = 4,        /* at a directory of records that others write to meanwhile */
	INDEX_SIZE_LIMIT = 64 << 20,    /* the index of words that containers have */
	INDEX_ENTRIES_LIMIT = 1 << 20,  /* words in it */
	INDEX_SOURCES_LIMIT = 1 << 16,  /* files and directories that it depends on */
	INDEX_CANDIDATES_LIMIT = 16,    /* containers that a word may mean by it; for more, all are read */
	INDEX_NEWER_LIMIT = 64,         /* records that have changed since, likewise */
	SESSION_SIZE_LIMIT = 256 << 10, /* the file of one session */
	POLICY_SIZE_LIMIT = 64 << 10,   /* a configuration file */
	MNT_LAYER_LIMIT = 4,            /* directories in one overlay of tools */
	LAYER_MANIFEST_SIZE_LIMIT = 16 << 20,  /* manifest.json of a tools tree */
	DOCTOR_MANIFEST_SIZE_LIMIT = 64 << 20, /* the same, by --doctor */
	DOCTOR_JSON_SIZE_LIMIT = 1 << 20,      /* docker's daemon.json */
	DOCTOR_FILE_LIMIT = 1000,              /* files of one hooks directory */
	DOCTOR_DIRECTORY_LIMIT = 8             /* hooks directories of one engine */
};

/* Containers of ordinary users, of which root asks those users. */
enum {
	ROOTLESS_USERS_LIMIT = 512,            /* users */
	ROOTLESS_CONTAINERS_LIMIT = 1000,      /* containers of one user */
	ROOTLESS_ANSWER_SIZE_LIMIT = 2 << 20,  /* what is said of them */
	ROOTLESS_MEMORY_SIZE_LIMIT = 256 << 20 /* memory of the process that reads a user's files */
};

/* Waits. */
enum {
	STORE_LOCK_SECONDS = 5,         /* for the lock of one container */
	WATCHDOG_SECONDS = 8,           /* the hook as a whole; its registration has no timeout */
	ASIDE_SECONDS = 8,              /* the work of the runtime wrapper */
	RUNTIME_ROUND_SECONDS = 2,      /* of computing, for the wrapper to become the runtime, not itself */
	COLLECT_PENDING_LIMIT = 16,     /* containers that a poststop cleans up after, of others */
	PENDING_SECONDS = 300,          /* for a container whose creator has ended */
	PENDING_LIMIT_SECONDS = 86400,  /* the same, while its creator lives */
	MARK_SECONDS = 5,               /* for killed processes of a session to end */
	GRACE_SECONDS = 3,              /* for a session to end that was asked to */
	DETACH_END_SECONDS = 5,         /* for processes to end, at each signal of --detach --force */
	DETACH_ROUND_LIMIT = 3,         /* times that users of the tools are looked for by that */
	CGROUP_REMOVE_SECONDS = 2,      /* for a session's control group to become empty */
	LOGIN_WAIT_SECONDS = 2,         /* for the name of a user whom only a directory service knows */
	AUDIT_WAIT_MILLISECONDS = 1000, /* for the system log to take a line */
	DOCTOR_RUN_SECONDS = 5,         /* for a program to say its version */
	DOCTOR_OUTPUT_SIZE_LIMIT = 64 << 10, /* what it says */
	PACK_OUTPUT_SIZE_LIMIT = 1 << 20     /* what dbg-tools says to --pack */
};
