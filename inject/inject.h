/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of dbg-inject share: options, exit codes, messages, and the container that is meant. */
#pragma once

#include "collect.h"
#include "err.h"
#include "policy.h"
#include "store.h"
#include "target.h"
#include "terminal.h"

enum { EXIT_DIFFERS = 1, EXIT_REFUSED = 3, EXIT_OURS = 125, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

enum verb {
	VERB_RUN,
	VERB_ATTACH,
	VERB_DETACH,
	VERB_LIST,
	VERB_STATUS,
	VERB_GC,
	VERB_DOCTOR,
	VERB_VERIFY,
	VERB_DONE
};

/* Values of an option that can be given more than once. */
struct values {
	char **list; /* each borrowed from argv */
	size_t count;
};

enum cgroup_choice { CGROUP_HOST, CGROUP_CONTAINER, CGROUP_OWN };

struct options {
	enum verb verb;                  /* VERB_DONE: help or version was printed */
	const char *tools;               /* an absolute path; null: the configuration's */
	unsigned int namespaces;         /* that may be entered, CLONE_NEW*; 0: all that differ */
	const char *user;                /* USER[:GROUP]; null: root */
	const char *workdir;             /* an absolute path; null: that of the container's process */
	const char *profile;             /* same, debug or full; null: the configuration's */
	struct values cap_add, cap_drop; /* names of capabilities, with commas between */
	struct values environment;       /* NAME=VALUE, or NAME for the caller's value */
	bool container_environment;      /* --env-from container */
	enum cgroup_choice cgroup;
	bool force, lazy, json, dry_run, pack, private, remove, verbose, quiet;
	enum terminal_wish terminal;
	char **containers; /* of the verb; one for VERB_RUN */
	int container_count;
	char **command; /* ended by null; *command is null where none was given */
};

extern const char options_help[]; /* help.c */

/* options.c. Reads argv; returns 0, or EXIT_OURS after a message. */
int options_read(int argc, char **argv, struct options *ret);

/* options_check.c: what goes together; the words behind the options are known by then. Returns 0, or as above. */
int options_check(const struct options *options);

/* True if the command stays with the host's files: --ns without mnt. */
bool options_stay(const struct options *options);
void options_free(struct options *options);

/* message.c: one line each, "dbg-inject: ABOUT: ...", escaped. ABOUT may be null. Returns EXIT_OURS. */
int complain(const char *about, const char *format, ...) __attribute__((format(printf, 2, 3)));
int complain_err(const char *about, const struct err *err);
/* A line on standard output about what was done, escaped, unless --quiet. */
void say(const struct options *options, const char *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same on standard error with --verbose: standard output is the command's. */
void tell_more(const struct options *options, const char *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* All that a call works with. */
struct context {
	struct options options;
	struct policy policy;
	struct store store;
	bool has_store;          /* false: no container was ever provisioned here */
	char **arguments;        /* of main */
	char *tools;             /* the tree to attach; an absolute path */
	bool is_rootless;        /* an ordinary user's, within the namespaces of the user's podman */
	char *runtime_directory; /* such a user's; null: root's */
	char *state_directory;   /* the same */
};

/* main.c: makes the state directory, where there is none yet. */
int context_need_store(struct context *context, struct err *err);

/* The container that a word of the command line means, and the process that stands for it. */
struct meant {
	struct known_list known;
	struct known *container; /* of known's list */
	struct target target;    /* its first process, or the one that was asked for (pid:N) */
	const char *word;        /* for messages */
};

#define MEANT_NONE ((struct meant){.target = TARGET_NONE})

/* All that there are: those with a record, and those that only their runtime knows, or the kernel; in the order of ids. */
int collect_all(const struct context *context, struct known_list *known, struct err *err);

/*
 * match.c: the one of KNOWN that WORD means: an id, a name, [NAMESPACE/]POD/NAME, a prefix of an id; of an engine alone with
 * ENGINE:// before it. -ENOENT, -ENOTUNIQ, as below.
 */
int match_word(const struct known_list *known, const char *word, struct known **ret, struct err *err);
/* The same where WORD is a whole id; where there is none, 0, and *RET stays as it is. */
int match_id(const struct known_list *known, const char *word, struct known **ret, struct err *err);
/* The same of all but a prefix. */
int match_exact(const struct known_list *known, const char *word, struct known **ret, struct err *err);
/* WORD without ENGINE://, within it. */
const char *match_bare(const char *word);

/* resolve.c. -ENOENT: unknown, -ENOTUNIQ: ambiguous, both with the candidates; -ESRCH: it has ended. */
int resolve(const struct context *context, const char *word, struct meant *ret, struct err *err);
/* attach_look, also where there is no state directory: then nothing is attached. */
struct attach_status;
int meant_look(
	const struct context *context, const struct meant *meant, struct attach_status *ret, struct err *err);
void meant_close(struct meant *meant);
#define cleanup_meant __attribute__((cleanup(meant_close)))

/* match.c. What people call a container: its name, else the first twelve characters of its id. */
const char *shown_name(const struct known *container, char buffer[16]);
const char *shown_id(const char *id, char buffer[16]);
/* As it can be typed: NAMESPACE/POD/NAME, or else its name; null: it has none. Raw text of the engine's. */
enum { FULL_NAME_SIZE = 3 * POD_NAME_SIZE };
const char *full_name(const struct known *container, char ret[FULL_NAME_SIZE]);

/* seal.c: makes sure that nobody can write to the program that runs, by way of /proc/PID/exe; may run it anew. */
#define SEAL_MARK "OCI_CRASHCART_SEALED" /* an environment variable: it has been run anew */
int seal_self(char **argv, struct err *err);
/* For what needs no seal: whether there is one does not matter, and nothing that is run from here learns of it. */
void seal_forget(void);

/* The verbs; each returns an exit status. attach.c, show.c, run.c */
int verb_attach(struct context *context);
int verb_detach(struct context *context);
/* Detaches, unless somebody else uses the tools, which is no error. Returns an exit status. */
int detach_unused(struct context *context, struct meant *meant);
int verb_gc(struct context *context);
int verb_list(struct context *context);
int verb_status(struct context *context);
int verb_verify(struct context *context); /* verify.c */
int verb_doctor(struct context *context); /* doctor.c: reads the configuration itself */
int verb_run(struct context *context);
