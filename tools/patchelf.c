/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patchelf.h"

#include "elf.h"
#include "err.h"
#include "names.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <string.h>

static int run_once(const struct patchelf *patchelf, const char *const *argv, struct err *err)
{
	const struct run run = {.argv = argv,
		.directory = patchelf->directory,
		.output = RUN_STDERR,
		.cancel = patchelf->cancel};
	cleanup_free char *text = NULL;
	int status, rc = run_program(&run, &text, &status, err);

	if (rc == -ENOENT)
		return err_set(err, ENOENT, "patchelf is not found on PATH: install the package patchelf");
	if (rc < 0)
		return rc;
	if (status != 0)
		return err_set(err, EIO, "patchelf failed with status %d: %.*s", status,
			(int)strcspn(text, "\n"), text);
	return 0;
}

static bool equal(const char *left, const char *right)
{
	return left && right && strcmp(left, right) == 0;
}

static int check(const struct patchelf *patchelf, struct err *err)
{
	cleanup_elf struct elf_info info = {0};
	int rc = elf_read_at(patchelf->directory, patchelf->file, &info, err);

	if (rc < 0)
		return err_prefix(err, "read what patchelf wrote");
	if (patchelf->interpreter && !equal(info.interpreter, patchelf->interpreter))
		return err_set(err, EIO, "patchelf left the interpreter %s", info.interpreter ?: "out");
	if (info.runpath || !equal(info.rpath, patchelf->rpath))
		return err_set(err, EIO, "patchelf left the library path %s",
			info.runpath ?: info.rpath ?: "empty");
	if (!info.no_default_libraries)
		return err_set(err, EIO, "patchelf left the default library directories in use");
	if (patchelf->needed && !names_has(&info.needed, patchelf->needed))
		return err_set(err, EIO, "patchelf left %s out", patchelf->needed);
	return 0;
}

int patchelf_run(const struct patchelf *patchelf, struct err *err)
{
	/*
	 * A run for each: patchelf 0.14.3, asked for the flag and the path at once, forgets the
	 * flag where the file has a DT_FLAGS_1 already. The path goes into DT_RPATH: it counts
	 * before LD_LIBRARY_PATH, which an image may set, and for what is opened later; with
	 * DT_RUNPATH neither holds (ld.so(8)).
	 */
	const char *const needed[] = {"patchelf", "--add-needed", patchelf->needed, patchelf->file, NULL};
	const char *const flag[] = {"patchelf", "--no-default-lib", patchelf->file, NULL};
	const char *const paths[] = {
		"patchelf", "--force-rpath", "--set-rpath", patchelf->rpath, patchelf->file, NULL};
	const char *const both[] = {"patchelf", "--set-interpreter", patchelf->interpreter, "--force-rpath",
		"--set-rpath", patchelf->rpath, patchelf->file, NULL};
	int rc = patchelf->needed ? run_once(patchelf, needed, err) : 0;

	if (rc == 0)
		rc = run_once(patchelf, flag, err);
	if (rc == 0)
		rc = run_once(patchelf, patchelf->interpreter ? both : paths, err);
	return rc < 0 ? rc : check(patchelf, err);
}
