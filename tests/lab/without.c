/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * without NUMBER... -- COMMAND...: COMMAND on a kernel that has not got the system calls of these numbers: a filter answers ENOSYS
 * to them. (strace fails calls by name, and knows none that are newer than itself.)
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter filter[64] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = {.len = 1, .filter = filter};
	int at = 1;

	for (; at < argc && strcmp(argv[at], "--") != 0 && program.len < 60; at++) {
		struct sock_filter other[] = {
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)atoi(argv[at]), 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		};

		memcpy(filter + program.len, other, sizeof(other));
		program.len += 2;
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (at + 1 >= argc || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return 125;
	execv(argv[at + 1], argv + at + 1);
	return 127;
}
