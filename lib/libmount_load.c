/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libmount_load.h"

#include "err.h"
#include "util.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t place;
} functions[] = {
	{"mnt_new_context", offsetof(struct libmount, new_context)},
	{"mnt_free_context", offsetof(struct libmount, free_context)},
	{"mnt_context_set_optsmode", offsetof(struct libmount, set_optsmode)},
	{"mnt_context_disable_mtab", offsetof(struct libmount, disable_mtab)},
	{"mnt_context_disable_helpers", offsetof(struct libmount, disable_helpers)},
	{"mnt_context_set_source", offsetof(struct libmount, set_source)},
	{"mnt_context_set_target", offsetof(struct libmount, set_target)},
	{"mnt_context_set_fstype", offsetof(struct libmount, set_fstype)},
	{"mnt_context_set_options", offsetof(struct libmount, set_options)},
	{"mnt_context_get_source", offsetof(struct libmount, get_source)},
	{"mnt_context_prepare_mount", offsetof(struct libmount, prepare_mount)},
	{"mnt_context_do_mount", offsetof(struct libmount, do_mount)},
	{"mnt_context_syscall_called", offsetof(struct libmount, syscall_called)},
	{"mnt_context_get_syscall_errno", offsetof(struct libmount, get_syscall_errno)},
	{"mnt_context_get_excode", offsetof(struct libmount, get_excode)},
};

int libmount_load(struct libmount *ret, struct err *err)
{
	void *library = dlopen("libmount.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return err_set(err, ENOSYS, "images need libmount: %s", dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return err_set(
				err, ENOSYS, "libmount is older than 2.28: it has no %s", functions[i].name);
		memcpy((char *)ret + functions[i].place, &function, sizeof(function));
	}
	return 0;
}
