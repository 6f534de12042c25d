/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The package databases of a root file system: which files a package has, and which package a file is of. dpkg's (also as
 * distroless images have it) and apk's are texts and are read here. rpm's is read by the host's program rpm: where the root
 * is another, from a copy, so that nothing is written to that root and no link leads out of it. Nothing of a root is
 * executed. Diversions are not looked at.
 */
#pragma once

#include <stddef.h>

struct err;
struct names;
struct packages;
struct root;

enum { PACKAGE_FILE_LIMIT = 1 << 18 }; /* that one package has */

struct package {
	char *name; /* null: nobody's */
	char *version; /* as the database has it, "7.88.1-10+deb12u5", with rpm "EPOCH:VERSION-RELEASE"; null: not known */
};

void package_free(struct package *package); /* leaves {0} */

/*
 * Looks which databases there are; none is no error. ROOT has to outlive *RET. CANCEL: as in run.h. *RET: the caller's,
 * ended by packages_close. Returns 0 or -ENOMEM.
 */
int packages_open(const struct root *root, int cancel, struct packages **ret, struct err *err);
void packages_close(struct packages **packages);
#define cleanup_packages __attribute__((cleanup(packages_close)))

/*
 * Adds all files of the package NAME to PATHS, which is the caller's, also on failure: absolute below the root and without
 * "..", in the order of the database; there may be directories among them, and what is not there. NAME may be "NAME:ARCH"
 * for dpkg; without, the first of this name counts. Errors: -ENOENT: no such package, or no database; -EINVAL: no name of
 * a package; -E2BIG; -ECANCELED; what kept rpm from answering.
 */
int packages_files(struct packages *packages, const char *name, struct names *paths, struct err *err);

/*
 * Who owns each of the COUNT absolute PATHS (without symbolic links, best): RET[i] for PATHS[i], the caller's to free. All
 * are looked for in one pass, and paths below /bin, /lib and so on also where the database has them under /usr. What cannot
 * be read owns nothing. Errors: -ENOMEM, -ECANCELED.
 */
int packages_owners(struct packages *packages, const char *const *paths, size_t count, struct package *ret,
	struct err *err);
