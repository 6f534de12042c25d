/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that holds a file system, as a mount. That is libmount's work, which knows loop devices; there is no static libmount,
 * and our programs are static. So a program of its own does it: mounter/main.c.
 */
#pragma once

struct err;

/*
 * IMAGE: a descriptor of the file, open for reading, which the caller has found to be trusted: the kernel's readers of
 * file systems are no defence against a hostile one. PATH: its path, absolute; another file that is there by now is not
 * mounted (-ESTALE). PLACE: any directory, which has to have a path; nothing changes there. CONTEXT: the SELinux context
 * of its files, or null.
 *
 * Returns a detached mount of it: private, read-only, nosuid, nodev, with a super block and a loop device that are
 * read-only too, so that no remount makes it writable. libmount takes the loop device that the image has already, if it
 * has one: all mounts of an image share a super block. -EBUSY: the image is in use for writing. -EINVAL: no image.
 *
 * The kernel frees mount and loop device with the last descriptor and the last copy of the mount, whoever is killed
 * when: both are made in a process and a mount namespace of their own, and only the detached mount comes out of it.
 * Needs CAP_SYS_ADMIN and /dev/loop-control.
 */
int mnt_image(int file, const char *path, int place, const char *context, struct err *err);

/* PROGRAM: the path of mount-image, which is kept; without this call the one that was installed. */
void mnt_image_use(const char *program);
