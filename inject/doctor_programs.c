/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hook as a program, and the runtimes that are there; each is asked for its version alone, and has five seconds. */
#include "bounds.h"
#include "doctor.h"

#include "../tools/run.h"
#include "path.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The first line of what `PATH --version` says. Only what is root's, or ours, is run. */
static int ask_version(const char *path, char ret[256], struct err *err)
{
	const char *const argv[] = {path, "--version", NULL};
	const struct run run = {.argv = argv,
		.directory = -1,
		.cancel = -1,
		.limit = DOCTOR_OUTPUT_SIZE_LIMIT,
		.seconds = DOCTOR_RUN_SECONDS};
	cleanup_fd int fd = open(path, O_PATH | O_CLOEXEC);
	cleanup_free char *text = NULL;
	int status = 0, rc;

	if (fd < 0)
		return err_errno(err, errno, "%s", path);
	rc = path_check_trusted(fd, path, err);
	if (rc == 0)
		rc = run_program(&run, &text, &status, err);
	if (rc < 0)
		return rc;
	if (status)
		return err_set(err, EIO, "%s --version: exit status %d", path, status);
	snprintf(ret, 256, "%.*s", (int)strcspn(text ? text : "", "\n"), text ? text : "");
	return 0;
}

/* A program header that asks for a loader: it is not static. 0, 1, or -errno. */
static int has_loader(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ElfW(Ehdr) header;
	ElfW(Phdr) segment;

	if (fd < 0)
		return -errno;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(segment) ||
		header.e_phoff > (1U << 30))
		return -ENOEXEC;
	for (unsigned int i = 0; i < header.e_phnum && i < 256; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return -ENOEXEC;
		if (segment.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}

void doctor_hook(struct doctor *doctor)
{
	static const char remedy[] = "install it anew: make install";
	const char *path = *doctor->hook ? doctor->hook : HOOKSDIR "/oci-crashcart-hook";
	char version[256] = "";
	struct err err = {0};
	int loader;

	if (ask_version(path, version, &err) < 0) {
		doctor_say(doctor, DOCTOR_ERROR, "hook", remedy, "%s", err.text);
		return;
	}
	loader = has_loader(path);
	if (strcmp(version, "oci-crashcart-hook " VERSION) != 0)
		doctor_say(doctor, DOCTOR_WARNING, "hook", remedy, "%s says \"%s\"; this is dbg-inject %s",
			path, version, VERSION);
	else if (loader == 0)
		doctor_say(doctor, DOCTOR_OK, "hook", NULL, "%s runs, and is linked statically", path);
	else if (loader < 0)
		doctor_say(doctor, DOCTOR_WARNING, "hook", NULL, "%s runs, and is no ELF file: a wrapper?",
			path);
	else
		doctor_say(doctor, DOCTOR_WARNING, "hook",
			"build it with the static libraries of yajl and libc there: slower, and open to "
			"LD_PRELOAD",
			"%s is linked dynamically", path);
}

void doctor_runtimes(struct doctor *doctor)
{
	static const char *const names[] = {"crun", "runc", "youki"};
	char path[128], version[256];
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct err err = {0};

		if (!doctor_find_program(names[i], path, sizeof(path)))
			continue;
		any = true;
		if (ask_version(path, version, &err) < 0)
			doctor_say(doctor, DOCTOR_WARNING, "runtimes",
				"containers of this runtime may not start at all", "%s", err.text);
		else
			doctor_say(doctor, DOCTOR_OK, "runtimes", NULL, "%s: %s%s", path, version,
				strcmp(names[i], "youki") == 0
					? "; it calls hooks before there is a process: its containers get "
					  "tools by a move"
					: "");
	}
	if (!any)
		doctor_say(doctor, DOCTOR_WARNING, "runtimes", NULL,
			"none of crun, runc and youki is where programs are");
}
