/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "patchelf.h"

#include "confine.h"
#include "elf.h"
#include "err.h"
#include "names.h"
#include "run.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

/* All of FROM, from its start. */
static int copy(int from, int to)
{
	off_t offset = 0;
	struct stat st;

	if (fstat(from, &st) < 0)
		return -errno;
	while (offset < st.st_size) {
		ssize_t done = sendfile(to, from, &offset, (size_t)(st.st_size - offset));

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done == 0)
			return -EIO;
	}
	return 0;
}

/* Returns a descriptor. Whoever patchelf is, may write to it. */
static int copy_to_memory(const struct patchelf *patchelf, struct err *err)
{
	cleanup_fd int from = openat(patchelf->directory, patchelf->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int memory = memfd_create("elf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = from < 0 || memory < 0 || fchmod(memory, 0666) < 0 ? -errno : copy(from, memory);

	return rc < 0 ? err_errno(err, -rc, "copy it for patchelf") : TAKE_FD(memory);
}

static int copy_back(const struct patchelf *patchelf, int memory, struct err *err)
{
	cleanup_fd int to =
		openat(patchelf->directory, patchelf->file, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
	int rc = to < 0 ? -errno : copy(memory, to);

	return rc < 0 ? err_errno(err, -rc, "copy what patchelf made") : 0;
}

/* What is left of patchelf, should there be something, cannot change what was checked (EBUSY: it has mapped it). */
static int seal(int memory, struct err *err)
{
	if (fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return err_errno(err, errno, "keep what patchelf made");
	return 0;
}

static int run_once(const struct patchelf *patchelf, int memory, const char *const *argv, struct err *err)
{
	const struct run run = {.argv = argv,
		.directory = -1,
		.output = RUN_STDERR,
		.cancel = patchelf->cancel,
		.confined = true,
		.file = memory};
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

static int check(const struct patchelf *patchelf, int memory, struct err *err)
{
	cleanup_elf struct elf_info info = {0};
	int rc = elf_read(memory, &info, err);

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

static int run_all(const struct patchelf *patchelf, int memory, struct err *err)
{
	/*
	 * A run for each: patchelf 0.14.3, asked for the flag and the path at once, forgets the
	 * flag where the file has a DT_FLAGS_1 already. The path goes into DT_RPATH: it counts
	 * before LD_LIBRARY_PATH, which an image may set, and for what is opened later; with
	 * DT_RUNPATH neither holds (ld.so(8)).
	 */
	const char *const needed[] = {"patchelf", "--add-needed", patchelf->needed, CONFINE_PATH, NULL};
	const char *const flag[] = {"patchelf", "--no-default-lib", CONFINE_PATH, NULL};
	const char *const paths[] = {
		"patchelf", "--force-rpath", "--set-rpath", patchelf->rpath, CONFINE_PATH, NULL};
	const char *const both[] = {"patchelf", "--set-interpreter", patchelf->interpreter, "--force-rpath",
		"--set-rpath", patchelf->rpath, CONFINE_PATH, NULL};
	int rc = patchelf->needed ? run_once(patchelf, memory, needed, err) : 0;

	if (rc == 0)
		rc = run_once(patchelf, memory, flag, err);
	if (rc == 0)
		rc = run_once(patchelf, memory, patchelf->interpreter ? both : paths, err);
	return rc;
}

int patchelf_run(const struct patchelf *patchelf, struct err *err)
{
	cleanup_fd int memory = copy_to_memory(patchelf, err);
	int rc = memory < 0 ? memory : run_all(patchelf, memory, err);

	if (rc == 0)
		rc = seal(memory, err);
	if (rc == 0)
		rc = check(patchelf, memory, err);
	return rc == 0 ? copy_back(patchelf, memory, err) : rc;
}
