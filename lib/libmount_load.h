/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmount's functions, loaded when an image is to be mounted: the library brings four others with it, which would cost each
 * start of dbg-inject more than all of its work.
 */
#pragma once

#include <libmount.h>

struct err;

struct libmount {
	__typeof__(mnt_new_context) *new_context;
	__typeof__(mnt_free_context) *free_context;
	__typeof__(mnt_context_set_optsmode) *set_optsmode;
	__typeof__(mnt_context_disable_mtab) *disable_mtab;
	__typeof__(mnt_context_disable_helpers) *disable_helpers;
	__typeof__(mnt_context_set_source) *set_source;
	__typeof__(mnt_context_set_target) *set_target;
	__typeof__(mnt_context_set_fstype) *set_fstype;
	__typeof__(mnt_context_set_options) *set_options;
	__typeof__(mnt_context_get_source) *get_source;
	__typeof__(mnt_context_prepare_mount) *prepare_mount;
	__typeof__(mnt_context_do_mount) *do_mount;
	__typeof__(mnt_context_syscall_called) *syscall_called;
	__typeof__(mnt_context_get_syscall_errno) *get_syscall_errno;
	__typeof__(mnt_context_get_excode) *get_excode;
};

/* Fills RET in; the library stays until the process ends. -ENOSYS: it is not there, or lacks one of them. */
int libmount_load(struct libmount *ret, struct err *err);
