dnl SPDX-License-Identifier: LGPL-2.1-or-later

dnl CRASHCART_TRY_HARDENING(NAME, VARIABLE, FLAGS, [PROGRAM]): if PROGRAM can be compiled and linked with FLAGS, without a
dnl warning, these are added to VARIABLE, and NAME to hardening. The user's own flags count as well: where they do not optimize,
dnl there is no _FORTIFY_SOURCE.
AC_DEFUN([CRASHCART_TRY_HARDENING], [
	AC_MSG_CHECKING([whether $CC takes $3])
	saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $3"
	AC_LINK_IFELSE([m4_default([$4], [AC_LANG_PROGRAM()])],
		[AC_MSG_RESULT([yes])
		$2="$$2 $3" hardening="$hardening${hardening:+ }$1"],
		[AC_MSG_RESULT([no])])
	CFLAGS=$saved_CFLAGS
])

dnl CRASHCART_HARDENING: what compiler and linker can do so that a mistake of ours is hard to use. Sets HARDENING_CFLAGS and
dnl HARDENING_LDFLAGS for all programs, PIE_LDFLAGS for those that are linked dynamically, and hardening, the names of what is on.
AC_DEFUN([CRASHCART_HARDENING], [
	AC_ARG_ENABLE([hardening],
		[AS_HELP_STRING([--disable-hardening], [leave it to CFLAGS and LDFLAGS how the programs are hardened])],
		[], [enable_hardening=yes])
	HARDENING_CFLAGS= HARDENING_LDFLAGS= PIE_LDFLAGS= hardening=
	AC_SUBST([HARDENING_CFLAGS])
	AC_SUBST([HARDENING_LDFLAGS])
	AC_SUBST([PIE_LDFLAGS])
	AS_IF([test "x$enable_hardening" = xno], [hardening=no],
		dnl They do not see what is checked by _FORTIFY_SOURCE.
		[test "x$enable_sanitizers" = xyes], [hardening="no (sanitizers)"],
		[CRASHCART_ALL_HARDENING])
])

AC_DEFUN([CRASHCART_ALL_HARDENING], [
	CRASHCART_TRY_HARDENING([pie], [PIE_LDFLAGS], [-fPIE -pie])
	AS_CASE([$hardening], [pie], [HARDENING_CFLAGS=-fPIE])
	CRASHCART_TRY_HARDENING([relro now], [HARDENING_LDFLAGS], [-Wl,-z,relro -Wl,-z,now])
	CRASHCART_TRY_HARDENING([noexecstack], [HARDENING_LDFLAGS], [-Wl,-z,noexecstack])
	CRASHCART_TRY_HARDENING([stack-protector], [HARDENING_CFLAGS], [-fstack-protector-strong])
	CRASHCART_TRY_HARDENING([stack-clash], [HARDENING_CFLAGS], [-fstack-clash-protection])
	dnl The first is x86's, the second arm64's: compilers for others refuse them.
	CRASHCART_TRY_HARDENING([cf-protection], [HARDENING_CFLAGS], [-fcf-protection=full])
	CRASHCART_TRY_HARDENING([branch-protection], [HARDENING_CFLAGS], [-mbranch-protection=standard])
	dnl The C library says by a warning what it cannot do: 3 needs glibc 2.34, and gcc 12 or clang 9.
	for level in 3 2; do
		AS_CASE([$hardening], [*fortify*], [], [
			CRASHCART_TRY_HARDENING([fortify=$level], [HARDENING_CFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$level],
				[AC_LANG_PROGRAM([[#include <string.h>]])])
		])
	done
	CRASHCART_TRY_HARDENING([format-security], [HARDENING_CFLAGS], [-Wformat -Werror=format-security])
])
