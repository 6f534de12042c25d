/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first that runs of a static dbg-inject, before the C library has started: seals the program and executes it again
 * (seal.c tells why). The C library then starts once for each call, and not twice: on a virtual machine, where each cpuid
 * instruction of its start is carried out by the hypervisor, that is as much as all system calls of a session. Where
 * anything is in the way, nothing has happened, and seal.c does it in full; whether the program is sealed, it looks in any case.
 *
 * Nothing is relocated yet here, and there is no thread's memory: no function of the C library can be called, also not by
 * the compiler, and there is no stack protector.
 */
#include "inject.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#if defined(__x86_64__) || defined(__aarch64__)

#define BARE __attribute__((no_stack_protector))

#if defined(__x86_64__)

__asm__(".globl inject_start\n"
	"inject_start: mov %rsp, %rbx\n"
	"mov %rdx, %r12\n" /* a function for atexit(3), which _start expects */
	"xor %ebp, %ebp\n"
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call start_sealed\n"
	"mov %rbx, %rsp\n"
	"mov %r12, %rdx\n"
	"jmp _start\n");

BARE static long call(long number, long first, long second, long third, long fourth, long fifth)
{
	register long r10 __asm__("r10") = fourth;
	register long r8 __asm__("r8") = fifth;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

#else

__asm__(".globl inject_start\n"
	"inject_start: mov x19, sp\n"
	"mov x20, x0\n"
	"mov x29, #0\n"
	"mov x30, #0\n"
	"mov x0, sp\n"
	"bl start_sealed\n"
	"mov sp, x19\n"
	"mov x0, x20\n"
	"b _start\n");

BARE static long call(long number, long first, long second, long third, long fourth, long fifth)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;
	register long x3 __asm__("x3") = fourth;
	register long x4 __asm__("x4") = fifth;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}

#endif

enum { VARIABLES = 500, READ_ONLY = 1 /* ST_RDONLY */ };

/* TEXT begins with SEAL_MARK "=". */
BARE static int is_mark(const char *text)
{
	static const char mark[] = SEAL_MARK "=";
	size_t i = 0;

	while (mark[i] && text[i] == mark[i])
		i++;
	return !mark[i];
}

/* Returns false if this is the second time, or if there are too many. */
BARE static int add_mark(char **from, char *to[VARIABLES + 2])
{
	static char mark[] = SEAL_MARK "=1";
	size_t count = 0;

	for (; from[count]; count++) {
		if (count == VARIABLES || is_mark(from[count]))
			return 0;
		to[count] = from[count];
		__asm__ volatile("" ::: "memory"); /* no call of memcpy is made of this loop */
	}
	to[count++] = mark;
	to[count] = NULL;
	return 1;
}

/* STACK: as the kernel leaves it: argc, argv, a null, the environment, a null. Comes back where it could not be done. */
__attribute__((used)) BARE void start_sealed(long *stack);
BARE void start_sealed(long *stack)
{
	char **argv = (char **)(stack + 1), *environment[VARIABLES + 2];
	struct mount_attr attr;
	struct statfs fs = {.f_flags = READ_ONLY};
	long self, sealed;

	if (!add_mark(argv + stack[0] + 1, environment))
		return;
	self = call(SYS_openat, AT_FDCWD, (long)"/proc/self/exe", O_RDONLY | O_CLOEXEC, 0, 0);
	if (self < 0 || call(SYS_fstatfs, self, (long)&fs, 0, 0, 0) < 0 || (fs.f_flags & READ_ONLY))
		return;
	sealed = call(
		SYS_open_tree, self, (long)"", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0);
	if (sealed < 0)
		return;
	attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	attr.attr_clr = attr.userns_fd = 0;
	attr.propagation = MS_PRIVATE;
	if (call(SYS_mount_setattr, sealed, (long)"", AT_EMPTY_PATH, (long)&attr, sizeof(attr)) == 0)
		(void)call(SYS_execveat, sealed, (long)"", (long)argv, (long)environment, AT_EMPTY_PATH);
}

#endif
